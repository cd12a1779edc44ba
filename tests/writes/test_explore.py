from tests.writes.models import *
from django_like_repos import *
from django_like_repos import BaseRepository as R
class Jobs(R[Job]): pass
class Seats(R[Seat]): pass
class Tickets(R[Ticket]): pass
async def test_x(jobs, sql):
    job = await Jobs(jobs).objects.get(id=1)
    def show(label, r=None):
        print("==", label, "rowcount", getattr(r, "rowcount", None))
        for s,p in sql.statements: print("   ", s, p)
        sql.clear()
    show("load")
    o = Jobs(jobs).objects
    r = await o.filter(state="pending").update(state="taken"); show("own", r); print(r.all(), job.state)
    r = await o.filter(queue__name="mail").update(rank=F("rank")+1); show("to-one", r); print(r.all(), job.rank); show("after")
    r = await o.filter(Q(rank=5)|Q(queue__name="mail")).update(rank=2); show("or", r)
    r = await o.filter(Q(rank=5)|Q(steps__name="mail")).update(rank=2); show("or to-many", r)
    r = await o.filter(steps__name="read", state="taken").update(rank=2); show("to-many", r)
    r = await o.filter(fallback=None).update(rank=2); show("null fallback", r)
    r = await o.filter(fallback__name=None).update(rank=2); show("null fallback name", r)
    r = await o.filter(~Q(fallback__name="mail")).update(rank=2); show("not fallback name", r)
    r = await o.exclude(steps__name="mail", rank=2).update(rank=2); show("exclude to many", r)
    r = await o.innerjoin("queue").filter(queue__name="mail").update(rank=7); show("declared", r)
    r = await o.filter(rank=F("queue__id")).update(rank=7); show("F trimmed", r)
    r = await o.filter(code=F("queue__name")).update(rank=7); show("F related", r)
    r = await o.filter(queue__name=F("code")).update(rank=7); show("F own vs related", r)
    r = await o.filter(Queue.name == "x").update(rank=7) if 0 else None
    r = await o.filter(Job.rank == 2).update(rank=7); show("sa", r)
    r = await o.filter(queue__in=Jobs(jobs).objects.filter(rank=1).values_list("queue_id")).update(rank=7); show("in subq", r)
    r = await Seats(jobs).objects.filter(state="free").update(state="sold"); show("comp", r); print(r.all())
    r = await Seats(jobs).objects.filter(tickets__holder="Ann").update(state="sold"); show("comp tickets", r); print(r.all())
    r = await Tickets(jobs).objects.filter(seat__price=30).update(holder="Bob"); show("comp fk", r); print(r.all())
    r = await Tickets(jobs).objects.filter(seat=("b",1)).update(holder="Bob"); show("comp fk", r); print(r.all())
    r = await Tickets(jobs).objects.filter(seat=("b",1)).update(seat=("a",1)); show("comp fk set", r); print(r.all())
    r = await o.returning("state", "rank").filter(id__lte=2).update(rank=7); show("returning", r); print(r.all())
    r = await o.returning(return_model=True).filter(id__lte=2).update(rank=8); show("returning model", r); print(r.scalars().all())
    r = await o.filter(parent__parent__queue__name="x").delete(); show("deep", r)
    r = await o.filter(id=5).delete(); show("delete", r); print(r.all())
    r = await o.none().update(rank=8); show("none", r); print(r.all())
    r = await o.filter(id__in=[]).delete(); show("in []", r); print(r.all())
