"""The open report: figures by district that anybody can check, and claims that are held against them."""
