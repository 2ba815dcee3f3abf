"""The rules themselves: plain functions of numbers, each in one place, compiled into the kernels."""
