"""JSON Lines and JSON documents: text -> typed columns, exact to the digit."""
