import uPlot from "uplot";
import type { Point } from "../../../protocol";
import { h, setText } from "../dom";
import { clock } from "../format";
import { type Plot, PLOTS } from "./plots";
import type { Changes, Store } from "../data/Store";

/** Number or `null` for each second. */
type Values = (number | null)[];

/** Seconds that are shown, by the label of their button. */
const RANGES: Readonly<Record<string, number>> = { "1 min": 60, "5 min": 300, "15 min": 900, all: Infinity };

const HEIGHT = 130;

/** Charts over time. They share their cursor, and the part of time that they show. */
export class Charts {
    readonly element: HTMLElement;
    readonly #store: Store;
    readonly #grid: HTMLElement;
    readonly #reading: HTMLElement;
    readonly #buttons: HTMLElement[] = [];
    readonly #charts = new Map<Plot, { chart: uPlot; box: HTMLElement }>();
    /** Seconds up to now; `undefined` while a part of time is chosen. */
    #range: number | undefined = 60;
    /** Chosen part of time, in seconds since the epoch. */
    #zoom: { min: number; max: number } | undefined;
    #index = -1;

    constructor(store: Store) {
        this.#store = store;
        this.#grid = h("div", { class: "charts-grid" });
        this.#reading = h("p", { class: "reading", "aria-live": "polite" });
        const tools = h("div", { class: "tools", role: "group", "aria-label": "Part of time" });
        for (const [label, seconds] of Object.entries(RANGES)) {
            const button = h("button", {
                class: "small",
                text: label,
                onclick: () => {
                    this.#setRange(seconds);
                },
            });
            this.#buttons.push(button);
            tools.append(button);
        }
        this.element = h("div", { class: "charts-body" }, tools, this.#grid, this.#reading);
        new ResizeObserver(() => {
            this.#resize();
        }).observe(this.#grid);
        this.#showRange();
    }

    /** Draws with the colors of the theme. */
    restyle(): void {
        for (const { chart, box } of this.#charts.values()) {
            chart.destroy();
            box.remove();
        }
        this.#charts.clear();
        this.#draw();
    }

    update({ hasPoints, isReset }: Changes): void {
        if (isReset) {
            this.#zoom = undefined;
            this.#range = 60;
            this.#showRange();
        }
        if (hasPoints || isReset) this.#draw();
    }

    #draw(): void {
        const { points } = this.#store;
        const times = points.map(({ time }) => time / 1000);
        for (const plot of PLOTS) {
            if (plot.isNeeded?.(this.#store) === false) {
                this.#remove(plot);
                continue;
            }
            const data = [times, ...plot.lines.map(({ read }) => points.map(read))] as [number[], ...Values[]];
            const { chart } = this.#charts.get(plot) ?? this.#create(plot);
            chart.setData(data, false);
            this.#scale(chart);
            // Without a cursor the legend has the newest values.
            if (chart.cursor.left === undefined || chart.cursor.left < 0) chart.setLegend({ idx: points.length - 1 });
        }
    }

    #remove(plot: Plot): void {
        const known = this.#charts.get(plot);
        known?.chart.destroy();
        known?.box.remove();
        this.#charts.delete(plot);
    }

    #scale(chart: uPlot): void {
        const now = (this.#store.points.at(-1)?.time ?? Date.now()) / 1000;
        const first = (this.#store.points[0]?.time ?? Date.now()) / 1000;
        const range = this.#range ?? 60;
        const { min, max } = this.#zoom ?? {
            min: range === Infinity ? Math.min(first, now - 10) : now - range,
            max: now,
        };
        chart.setScale("x", { min, max });
    }

    #create(plot: Plot): { chart: uPlot; box: HTMLElement } {
        const style = getComputedStyle(document.documentElement);
        const color = (name: string): string => style.getPropertyValue(name).trim();
        const box = h("figure", {
            class: "chart",
            tabindex: 0,
            "data-chart": plot.id,
            "aria-label": `${plot.title}. Arrow keys read values, + and - zoom, 0 shows the last minute.`,
        });
        box.append(h("figcaption", { text: plot.title }));
        box.addEventListener("keydown", (event) => {
            this.#onKey(event, plot);
        });
        this.#grid.append(box);
        const axis = { stroke: color("--dim"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
        const options: uPlot.Options = {
            width: Math.max(100, box.clientWidth - 2),
            height: HEIGHT,
            cursor: { sync: { key: "time" }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
            padding: [8, 18, 0, 0],
            legend: {
                live: true,
                markers: { width: 2, dash: (_, index) => (plot.lines[index - 1]?.dash ? "dashed" : "solid") },
            },
            scales: { y: { range: (_, __, max) => [0, Math.max(max, plot.top) * 1.1] } },
            axes: [
                { ...axis, size: 24, space: 70, values: (_, times) => times.map((time) => clock(time * 1000, false)) },
                { ...axis, size: 48, space: 28, values: (_, values) => values.map((value) => plot.axis(value)) },
            ],
            series: [
                { label: "time", value: (_, time) => (time ? clock(time * 1000, false) : "–") },
                ...plot.lines.map(({ label, color: variable, dash }) => ({
                    label,
                    stroke: color(variable),
                    width: 1.5,
                    points: { show: false },
                    spanGaps: false,
                    ...(dash && { dash }),
                    value: (_: uPlot, value: number | null) => (value === null ? "–" : plot.format(value)),
                })),
            ],
            hooks: {
                setSelect: [
                    (chart) => {
                        this.#onSelect(chart);
                    },
                ],
            },
        };
        const chart = new uPlot(options, [[]], box);
        chart.over.addEventListener("dblclick", () => {
            this.#setRange(60);
        });
        chart.over.addEventListener("mouseleave", () => {
            for (const { chart: each } of this.#charts.values()) each.setLegend({ idx: this.#store.points.length - 1 });
        });
        const made = { chart, box };
        this.#charts.set(plot, made);
        return made;
    }

    #onSelect(chart: uPlot): void {
        const { left, width } = chart.select;
        if (width < 4) return;
        const [min, max] = [chart.posToVal(left, "x"), chart.posToVal(left + width, "x")];
        chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        this.#setZoom(min, max);
    }

    #setZoom(min: number, max: number): void {
        this.#zoom = { min, max: Math.max(max, min + 2) };
        this.#range = undefined;
        this.#showRange();
        this.#rescale();
    }

    #setRange(seconds: number): void {
        this.#zoom = undefined;
        this.#range = seconds;
        this.#showRange();
        this.#rescale();
    }

    /** The cursor would stand at another time then. */
    #rescale(): void {
        for (const { chart } of this.#charts.values()) {
            chart.setCursor({ left: -10, top: -10 });
            this.#scale(chart);
            chart.setLegend({ idx: this.#store.points.length - 1 });
        }
    }

    #showRange(): void {
        Object.values(RANGES).forEach((seconds, index) => {
            this.#buttons[index]?.setAttribute("aria-pressed", String(seconds === this.#range));
        });
    }

    #onKey(event: KeyboardEvent, plot: Plot): void {
        const { points } = this.#store;
        const chart = this.#charts.get(plot)?.chart;
        if (!chart || points.length === 0) return;
        const { min = 0, max = 0 } = chart.scales["x"] as { min?: number; max?: number };
        switch (event.key) {
            case "ArrowLeft":
            case "ArrowRight":
                this.#read(plot, event.key === "ArrowLeft" ? -1 : 1);
                break;
            case "+":
            case "=":
            case "-": {
                const center = (min + max) / 2;
                const half = ((max - min) / 2) * (event.key === "-" ? 2 : 0.5);
                this.#setZoom(center - half, center + half);
                break;
            }
            case "0":
                this.#setRange(60);
                break;
            default:
                return;
        }
        event.preventDefault();
    }

    /** Reads the values of the second before or after the one that was read last. */
    #read(plot: Plot, step: number): void {
        const { points } = this.#store;
        const start = this.#index < 0 || this.#index >= points.length ? points.length : this.#index;
        this.#index = Math.min(points.length - 1, Math.max(0, start + step));
        const point = points[this.#index] as Point;
        const values = plot.lines.map(({ label, read }) => {
            const value = read(point);
            return `${label}: ${value === null ? "none" : plot.format(value)}`;
        });
        setText(this.#reading, `${plot.title} at ${clock(point.time, false)}. ${values.join(", ")}`);
        const chart = this.#charts.get(plot)?.chart;
        chart?.setCursor({ left: chart.valToPos(point.time / 1000, "x"), top: 0 });
    }

    #resize(): void {
        for (const { chart, box } of this.#charts.values()) {
            const width = Math.max(100, box.clientWidth - 2);
            if (width !== chart.width) chart.setSize({ width, height: HEIGHT });
        }
    }
}
