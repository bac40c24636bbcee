"""What neighbours know, plan and give: plants, gardens drawn together, stories and recipes."""
