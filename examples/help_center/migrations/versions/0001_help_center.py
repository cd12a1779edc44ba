"""The help centre's five tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publication_statuses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_publication_statuses"),
        sa.UniqueConstraint("code", name="uq_publication_statuses_code"),
    )
    op.create_table(
        "widgets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_widgets"),
        sa.UniqueConstraint("code", name="uq_widgets_code"),
    )
    op.create_table(
        "sections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sections"),
        sa.ForeignKeyConstraint(
            ["status_id"], ["publication_statuses.id"], name="fk_sections_status_id_publication_statuses"
        ),
    )
    op.create_table(
        "subsections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=False),
        sa.Column("status_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subsections"),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name="fk_subsections_section_id_sections"),
        sa.ForeignKeyConstraint(
            ["status_id"], ["publication_statuses.id"], name="fk_subsections_status_id_publication_statuses"
        ),
    )
    op.create_table(
        "article_contents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subtitle", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("subsection_id", sa.Integer(), nullable=False),
        sa.Column("widget_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_article_contents"),
        sa.ForeignKeyConstraint(
            ["subsection_id"], ["subsections.id"], name="fk_article_contents_subsection_id_subsections"
        ),
        sa.ForeignKeyConstraint(["widget_id"], ["widgets.id"], name="fk_article_contents_widget_id_widgets"),
    )


def downgrade() -> None:
    for table in ("article_contents", "subsections", "sections", "widgets", "publication_statuses"):
        op.drop_table(table)
