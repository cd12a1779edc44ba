"""The direct path: plans handed to the driver on the session's own connection.

Those that read, and those that write where the session holds nothing that would have to know of it.

The first execution of a plan goes SQLAlchemy's way, and what that has worked out is learned: the compiled
text, what is done to each value that is sent, what to each that comes. From then on, where nothing stands in
the way, text and values go straight to the driver, in one call of it. Transaction, flush, errors, disconnects
and cancellation are SQLAlchemy's all the same; ``clearance`` says what stands in the way.
"""
