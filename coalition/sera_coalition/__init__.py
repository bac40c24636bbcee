"""What neighbours agree: surplus, an open report, decisions, agreements and bundles between communities."""
