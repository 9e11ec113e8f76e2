/// A table's row: a name, up to six numbers, a remark.
func row(_ cells: String...) -> String {
    let widths = [18, 9, 10, 14, 14, 6, 11]
    return cells.enumerated().map { index, cell in
        index == 0 ? padded(cell, widths[0]) : index < widths.count ? padded(cell, -widths[index]) : cell
    }.joined()
}

/// Fills up with spaces: behind the text, or before it where the width is negative.
func padded(_ text: String, _ width: Int) -> String {
    let spaces = String(repeating: " ", count: max(abs(width) - text.utf8.count, 0))
    return width < 0 ? spaces + text : text + spaces
}

/// A number with so many digits behind the point.
func decimal(_ value: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1) { product, _ in product * 10 }
    let units = Int((value * Double(scale)).rounded())
    guard places > 0 else { return "\(units)" }
    let fraction = "\(units % scale)"
    return "\(units / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
}
