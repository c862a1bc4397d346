"""Floor 4: Qt docks; small views that emit signals and know no science."""
