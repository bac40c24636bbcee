"""How things stand, as points of InfluxDB: what is expected, what is wrong, how far the gateway is."""
