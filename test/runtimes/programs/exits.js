// Sends its last message before process.exit(), or during it.
"use strict";

const Sockhop = require("sockhop");

const [port, when] = process.argv.slice(2);
const client = new Sockhop.client({ port: Number(port) });

function lastWord() {
    client.send("said before leaving");
}

client.connect().then(async () => {
    await client.send(1);
    client.send(2);
    if (when === "before") lastWord();
    else process.on("exit", lastWord);
    process.exit();
});
