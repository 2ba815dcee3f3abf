"""The event-driven engine: a strategy is asked bar by bar, and settled by the compiled pass when it acts.

class Rotation(wb.Strategy):
    def on_data(self, timestamp, data, context, broker):
        self.executor.execute({"AAPL": 0.60, "MSFT": 0.35}, data, broker)

run = wb.Engine(bars, Rotation(), conventions="reference", cash=1e6).run()
"""
