"""The problem as a mixed integer program over columns of integers, for HiGHS."""
