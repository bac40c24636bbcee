"""Rates and shares of visits by the effort behind them."""
