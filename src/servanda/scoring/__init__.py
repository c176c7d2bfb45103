"""Scoring: forecasts at rolling origins beside simple baselines, and what they got wrong."""
