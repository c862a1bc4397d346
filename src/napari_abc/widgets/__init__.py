"""Qt docks; small views that emit signals and know no science, and a controller each."""
