"""An outage of a steady error ratio, run through the real evaluator under a made clock: when do the tiers tell?"""
