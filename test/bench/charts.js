// Charts of the figures, as SVG. They are narrow and have large letters, so that they can be read on a phone. As pictures they
// follow the colors of the system; in a page, `currentColor` is that of its text.
"use strict";

const COLORS = {
    ours: "#e0662c",
    binary: "#a83f66",
    resume: "#ec9a74",
    "binary-resume": "#c9819c",
    older: "#b58a3c",
    others: "#4c86b8",
    byHand: "#8b949e",
    limit: "#858ae0",
};
// The implementations of the workloads with several servers.
Object.assign(COLORS, {
    "cluster-none": COLORS.limit,
    "cluster-redis": COLORS.ours,
    "cluster-nats": COLORS.resume,
    "socket.io-redis": COLORS.others,
});
const LINES = [COLORS.others, "#3f9e6e", "#a878d0", "#cf6088", "#35a3ab", "#96963c"];
const WIDTH = 480;
const FONT = 15;
const ROW = 28;

const escape = (text) => String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

function text(x, y, value, { anchor = "start", size = FONT, weight = "normal" } = {}) {
    const style = weight === "normal" ? "" : ` font-weight="${weight}"`;
    return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}"${style}>${escape(value)}</text>`;
}

function bar(x, y, width, height, color) {
    return `<rect x="${x}" y="${y}" width="${Math.max(1, Math.round(width))}" height="${height}" rx="2" fill="${color}"/>`;
}

function line(x1, y1, x2, y2, attributes = 'opacity="0.25"') {
    return `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="currentColor" ${attributes}/>`;
}

function picture(title, subtitle, height, parts) {
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" fill="currentColor">`,
        "<style>svg { color: #1f2328 } @media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }</style>",
        text(0, 20, title, { size: 17, weight: "bold" }),
        text(0, 42, subtitle, { size: 14 }),
        ...parts,
        "</svg>",
    ].join("\n");
}

/**
 * One bar for each row.
 *
 * @param rows - `{ label, value, shown, kind }`, the best first; `kind` is a key of the colors
 */
function bars(title, subtitle, rows) {
    const [left, right, top] = [172, 84, 56];
    const scale = (WIDTH - left - right) / Math.max(...rows.map(({ value }) => value));
    const parts = rows.flatMap(({ label, value, shown, kind }, index) => {
        const y = top + index * ROW;
        return [
            text(left - 8, y + 17, label, { anchor: "end" }),
            bar(left, y + 2, value * scale, 20, COLORS[kind]),
            text(left + 6 + Math.round(value * scale), y + 17, shown),
        ];
    });
    return picture(title, subtitle, top + rows.length * ROW + 4, parts);
}

/**
 * Lines with two logarithmic axes: growth that is linear has the slope 1.
 *
 * @param series - `{ label, kind, points }` with points `[x, y]`
 */
function growth(title, subtitle, series) {
    const [left, top, width, height] = [64, 62, WIDTH - 76, 300];
    const points = series.flatMap(({ points }) => points);
    const ends = (index) => [Math.min, Math.max].map((end) => end(...points.map((point) => point[index])));
    const [[minX, maxX], [minY, maxY]] = [ends(0), ends(1)];
    const share = (value, min, max) => Math.log(value / min) / Math.log(max / min);
    const x = (value) => Math.round(left + width * share(value, minX, maxX));
    const y = (value) => Math.round(top + height * (1 - share(value, minY, maxY)));
    const grid = [1, 10, 100, 1000, 10_000, 100_000]
        .filter((value) => value >= minY && value <= maxY)
        .flatMap((value) => [
            line(left, y(value), left + width, y(value)),
            text(left - 8, y(value) + 5, value.toLocaleString("en").replace(/,/g, " "), { anchor: "end", size: 14 }),
        ]);
    const sizes = [...new Set(points.map(([value]) => value))].map((value) =>
        text(x(value), top + height + 24, value, { anchor: "middle", size: 14 }),
    );
    let others = 0;
    const colored = series.map((each) => ({
        ...each,
        color: each.kind === "others" ? LINES[others++ % LINES.length] : COLORS[each.kind],
    }));
    const lines = colored.flatMap(({ color, kind, points }) => {
        const path = points.map(([a, b]) => `${x(a)} ${y(b)}`).join("L");
        const ours = kind === "ours";
        const dash = kind === "byHand" || kind === "limit" ? ' stroke-dasharray="5 4"' : "";
        return [
            `<path d="M${path}" fill="none" stroke="${color}" stroke-width="${ours ? 4 : 2}"${dash}/>`,
            ...points.map(([a, b]) => `<circle cx="${x(a)}" cy="${y(b)}" r="${ours ? 5 : 3}" fill="${color}"/>`),
        ];
    });
    const legend = colored.flatMap(({ label, color }, index) => {
        const [column, row] = [(index % 2) * (WIDTH / 2), top + height + 44 + Math.floor(index / 2) * 24];
        return [bar(column, row, 20, 12, color), text(column + 28, row + 12, label)];
    });
    const bottom = top + height + 44 + Math.ceil(series.length / 2) * 24;
    return picture(title, subtitle, bottom, [...grid, ...sizes, ...lines, ...legend]);
}

/** The names of bars by color, in two columns. */
function legendOf(names, top) {
    return names.flatMap((name, index) => {
        const [column, row] = [(index % 2) * (WIDTH / 2), top + Math.floor(index / 2) * 24];
        return [bar(column, row, 20, 12, COLORS[name.kind]), text(column + 28, row + 12, name.label)];
    });
}

/**
 * Groups of bars.
 *
 * @param names - `{ label, kind }` of the bars
 * @param groups - `{ title, bars }`, each bar `{ kind, value }`
 * @param mark - a dashed line marks this value
 */
function groupedBars(title, subtitle, names, groups, mark) {
    const [top, right, thick] = [62 + Math.ceil(names.length / 2) * 24, 52, 15];
    const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value)).filter((value) => value !== undefined);
    const scale = (WIDTH - right) / Math.max(...values);
    let height = top;
    const parts = groups.flatMap((group) => {
        const y = height;
        height += 30 + group.bars.length * (thick + 2);
        const drawn = group.bars.flatMap(({ kind, value }, which) => {
            if (value === undefined) return [];
            const at = y + 26 + which * (thick + 2);
            return [
                bar(0, at, value * scale, thick, COLORS[kind]),
                text(6 + Math.round(value * scale), at + 13, value.toFixed(2), { size: 14 }),
            ];
        });
        return [text(0, y + 20, group.title), ...drawn];
    });
    height += 4;
    const at = Math.round(mark * scale);
    const marked = mark === undefined ? [] : [line(at, top + 24, at, height, 'stroke-dasharray="4 4" opacity="0.6"')];
    return picture(title, subtitle, height, [...legendOf(names, 56), ...parts, ...marked]);
}

module.exports = { bars, growth, groupedBars };
