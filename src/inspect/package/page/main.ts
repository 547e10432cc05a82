import "uplot/dist/uPlot.min.css";
import "./style.css";
import { Charts } from "./charts/Charts";
import { Connections } from "./Connections";
import { Detail } from "./messages/Detail";
import { h, onceAFrame, setText } from "./dom";
import { FilterBar } from "./messages/FilterBar";
import { bytes, count } from "./format";
import { Live } from "./data/Live";
import { MessageList } from "./messages/MessageList";
import { Player } from "./data/Player";
import { Problems } from "./Problems";
import { parseRecording, Recorder } from "./data/recording";
import { SendForm } from "./messages/SendForm";
import { Store } from "./data/Store";
import { themeButton } from "./Theme";

/** Largest recording that is opened, in bytes. */
const MAX_FILE = 256 * 2 ** 20;

const store = new Store();
const live = new Live(store);
const filterBar = new FilterBar(store);
const list = new MessageList(store);
const detail = new Detail(store);
const connections = new Connections(store);
const charts = new Charts(store);
const problems = new Problems(store);
const sendForm = new SendForm();
let player: Player | undefined;

// Header

const title = h("span", { class: "target" });
const state = h("span", { class: "state", role: "status" });
const totals = h("span", { class: "totals" });
const members = h("span", { class: "members-note" });
const notice = h("p", { class: "notice", role: "alert", hidden: true });

const recordButton = h("button", { "aria-pressed": "false", text: "Record", onclick: toggleRecording });
const fileInput = h("input", {
    type: "file",
    class: "hidden",
    accept: ".jsonl,.ndjson,.json,.txt",
    "aria-label": "Recording",
    tabindex: -1,
    onchange: () => void openRecording(),
});
const openButton = h("button", { text: "Open…", title: "Open a recording", onclick: () => fileInput.click() });
const sendButton = h("button", { text: "Send…", hidden: true, onclick: () => sendForm.open() });

function notify(text: string): void {
    notice.hidden = text === "";
    setText(notice, text);
}

// Messages

const pauseButton = h("button", {
    "aria-pressed": "false",
    text: "Pause",
    onclick: () => {
        list.pause(!list.isPaused);
        showTools();
    },
});
const followButton = h("button", {
    "aria-pressed": "true",
    text: "Follow",
    title: "Scroll to new messages",
    onclick: () => {
        list.follow(!list.follows);
        showTools();
    },
});
const listNote = h("span", { class: "list-note", "aria-live": "off" });

function showTools(): void {
    pauseButton.setAttribute("aria-pressed", String(list.isPaused));
    setText(pauseButton, list.isPaused ? "Continue" : "Pause");
    followButton.setAttribute("aria-pressed", String(list.follows));
    const parts = [`${count(list.length)} shown`];
    if (list.isPaused) parts.push(`paused, ${count(list.missed)} new`);
    const { skipped } = store.totals;
    if (skipped > 0) parts.push(`sampled: ${count(skipped)} are counted only`);
    setText(listNote, parts.join(" · "));
}

list.onFollow = showTools;
list.onSelect = (shown) => {
    detail.show(shown);
    document.body.classList.toggle("has-detail", shown !== undefined);
};
detail.onClose = () => {
    list.element.querySelector<HTMLElement>("[role=listbox]")?.focus();
    list.onSelect(undefined);
};
filterBar.onFilter = (filter) => {
    list.setFilter(filter);
    connections.select(filter.connection);
    showTools();
};
connections.onSelect = (id) => {
    filterBar.connection = id;
};

// Sections: all of them beside each other, or one at a time in a narrow window

function section(name: string, label: string, ...children: (Node | false)[]): HTMLElement {
    return h(
        "section",
        { class: `panel ${name}`, id: name, "aria-labelledby": `${name}-title` },
        ...[h("h2", { id: `${name}-title`, text: label }), ...children],
    );
}

const sections: Readonly<Record<string, HTMLElement>> = {
    charts: section("charts", "Over time", charts.element),
    connections: section("connections", "Connections", connections.element),
    messages: section(
        "messages-panel",
        "Messages",
        filterBar.element,
        h("div", { class: "tools" }, pauseButton, followButton, listNote),
        list.element,
    ),
    problems: section("problems", "Errors", problems.element),
};
const problemCount = h("span", { class: "badge", hidden: true });
const tabs = h("nav", { class: "tabs", "aria-label": "Parts of the page" });
for (const [name, label] of [
    ["messages", "Messages"],
    ["connections", "Connections"],
    ["charts", "Charts"],
    ["problems", "Errors"],
] as const) {
    const button = h("button", { text: label, "data-tab": name, onclick: () => showSection(name) });
    if (name === "problems") button.append(problemCount);
    tabs.append(button);
}

function showSection(name: string): void {
    document.body.dataset["section"] = name;
    for (const button of tabs.querySelectorAll("button")) {
        button.setAttribute("aria-current", String(button.dataset["tab"] === name));
    }
}

// Recording

function toggleRecording(): void {
    if (live.recorder) {
        saveRecording(live.recorder);
        live.recorder = undefined;
    } else if (store.hello && !player) {
        live.recorder = new Recorder(store.hello);
        live.recorder.record({
            time: store.time,
            totals: store.totals,
            connections: [...store.connections.values()],
        });
    }
    showRecording();
}

function showRecording(): void {
    const { recorder } = live;
    recordButton.setAttribute("aria-pressed", String(recorder !== undefined));
    setText(recordButton, recorder ? `Stop and save (${count(recorder.messages)})` : "Record");
    recordButton.toggleAttribute("disabled", player !== undefined);
}

function saveRecording(recorder: Recorder): void {
    const url = URL.createObjectURL(recorder.blob());
    const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    h("a", { href: url, download: `sockhop-${time}.jsonl` }).click();
    setTimeout(() => {
        URL.revokeObjectURL(url);
    }, 60_000);
}

async function openRecording(): Promise<void> {
    const file = fileInput.files?.[0];
    fileInput.value = "";
    if (!file) return;
    try {
        if (file.size > MAX_FILE) throw new Error("the file is larger than 256 MB");
        const recording = parseRecording(await file.text(), file.name);
        notify("");
        if (live.recorder) toggleRecording(); // saves it
        live.close();
        player?.element.remove();
        player = new Player(store, recording, backToLive);
        main.prepend(player.element);
        showRecording();
        showState();
    } catch (error) {
        notify(`${file.name} cannot be played: ${(error as Error).message}`);
    }
}

function backToLive(): void {
    player?.element.remove();
    player = undefined;
    store.reset();
    live.open();
    showRecording();
}

// Drawing

function showState(): void {
    const { hello } = store;
    const text = player ? "recording" : STATES[live.state];
    setText(state, text);
    state.dataset["state"] = player ? "recording" : live.state;
    setText(title, hello ? (hello.form === "tap" ? `→ ${hello.title}` : hello.title) : "");
    document.title = hello ? `${hello.title} – sockhop inspect` : "sockhop inspect";
    sendButton.hidden = hello?.canSend !== true || player !== undefined;
    if (live.state === "wrong") {
        notify(
            "This page and the program have different versions of sockhop: install the same version of both packages.",
        );
    }
}

const STATES = {
    connecting: "connecting",
    live: "live",
    lost: "connection lost: trying again",
    wrong: "wrong version",
};

/** Missing updates that the notice has shown: it gives way to later ones. */
let shownGaps = 0;

const draw = onceAFrame(() => {
    const changes = store.takeChanges();
    showState();
    const { open, opened, messages, bytes: size, problems: errors } = store.totals;
    setText(
        totals,
        `${count(open)} of ${count(opened)} connections open · ${count(messages[0] + messages[1])} messages · ` +
            bytes(size[0] + size[1]),
    );
    setText(members, store.members.length > 0 ? `cluster: ${store.members.slice(0, 10).join(", ")}` : "");
    problemCount.hidden = errors === 0;
    setText(problemCount, count(errors));
    connections.update(changes);
    list.update(changes);
    charts.update(changes);
    problems.update(changes);
    if (live.recorder?.isFull) {
        toggleRecording();
        notify("The recording was full, and is saved.");
    }
    if (live.gaps > shownGaps)
        notify(`This page was too slow: ${count(live.gaps)} updates are missing. Counts are right.`);
    shownGaps = live.gaps;
    showRecording();
    showTools();
});
store.onChange = draw;
live.onState = draw;

const main = h("main", {}, ...Object.values(sections), detail.element);
document.body.append(
    h(
        "header",
        { class: "top" },
        h("h1", {}, h("span", { class: "brand", text: "sockhop" }), " inspect ", title),
        state,
        totals,
        members,
        h(
            "div",
            { class: "tools" },
            sendButton,
            recordButton,
            openButton,
            fileInput,
            themeButton(() => {
                charts.restyle();
            }),
        ),
    ),
    notice,
    tabs,
    main,
    sendForm.element,
);
showSection("messages");
document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea, dialog")) return;
    if (event.key === "/") filterBar.focus();
    else if (event.key === "p") pauseButton.click();
    else if (event.key === "f") followButton.click();
    else return;
    event.preventDefault();
});
live.open();
draw();
