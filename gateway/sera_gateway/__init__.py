"""The gateway: readings come in over MQTT, are journaled, acknowledged, checked and stored."""
