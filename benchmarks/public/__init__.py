"""The workloads A to K of the public suite tortoise/orm-benchmarks, on its small table, a file a library.

As there, objects that are changed or deleted have been read before the clock starts, and what is read is the
whole table, a level at a time; here one task does it all, and values are not random, so that results compare.
"""
