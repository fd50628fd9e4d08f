"""Medians as Markdown tables, and a bar chart (SVG) for each workload."""

import statistics

OURS, THEIRS = "#c2410c", "#94a3b8"


def medians(runs):
    """[{figure: value}] -> {figure: median}."""
    return {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}


def show(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def table(results):
    """results: {peer: {figure: value}}; a peer may lack a figure."""
    figures = list(dict.fromkeys(figure for values in results.values() for figure in values))
    lines = ["| | " + " | ".join(figures) + " |", "|---" * (len(figures) + 1) + "|"]
    for peer, values in results.items():
        if not values:
            continue
        cells = [show(values[figure]) if figure in values else "–" for figure in figures]
        lines.append(f"| {peer.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(title, figure, results):
    """Horizontal bars of one figure; short is good."""
    bars = [(peer, values[figure]) for peer, values in results.items() if figure in values]
    most = max(value for _, value in bars) or 1
    row, left, width = 26, 210, 420
    height = 44 + row * len(bars)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 80}" height="{height}" '
             f'font-family="sans-serif" font-size="13" role="img" aria-label="{title}: {figure}">',
             '<rect width="100%" height="100%" fill="#ffffff"/>',
             f'<text x="10" y="22" font-weight="bold">{title}: {figure} (less is better)</text>']
    for number, (peer, value) in enumerate(bars):
        top = 36 + row * number
        length = max(1, value / most * width)
        parts += [f'<text x="{left - 8}" y="{top + 15}" text-anchor="end">{peer.title}</text>',
                  f'<rect x="{left}" y="{top}" width="{length:.1f}" height="{row - 6}" '
                  f'fill="{OURS if peer.name.startswith("tonearm") else THEIRS}"/>',
                  f'<text x="{left + length + 6:.1f}" y="{top + 15}">{show(value)}</text>']
    return "\n".join([*parts, "</svg>", ""])


def ratio(results, figure, mine, other):
    """How tonearm's figure stands to a peer's, or None where one is missing."""
    by_name = {peer.name: values for peer, values in results.items()}
    above = by_name.get(mine, {}).get(figure)
    below = by_name.get(other, {}).get(figure)
    return above / below if above is not None and below else None
