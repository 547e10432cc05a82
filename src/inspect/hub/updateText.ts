import type { Point, ProblemRow, Totals } from "../protocol";

/** Members of an update. Rows of connections and messages are JSON already, so they are not parsed for it. */
export interface UpdateParts {
    totals: Totals;
    connections: string[];
    messages: string[];
    removed: number[];
    problems: ProblemRow[];
    points: Point[];
    members: string[] | undefined;
}

/** Makes the JSON of an update, without members that are empty. */
export function updateText({ totals, connections, messages, removed, problems, points, members }: UpdateParts): string {
    return [
        `{"time":${Date.now()},"totals":${JSON.stringify(totals)}`,
        connections.length > 0 && `"connections":[${connections.join(",")}]`,
        messages.length > 0 && `"messages":[${messages.join(",")}]`,
        removed.length > 0 && `"removed":${JSON.stringify(removed)}`,
        problems.length > 0 && `"problems":${JSON.stringify(problems)}`,
        points.length > 0 && `"points":${JSON.stringify(points)}`,
        members && `"members":${JSON.stringify(members)}`,
    ]
        .filter(Boolean)
        .join(",")
        .concat("}");
}
