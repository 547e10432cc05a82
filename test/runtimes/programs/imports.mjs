// What a program gets that imports the package. With "talk" it is such a program.
import Sockhop, { SockhopError, SockhopServer, client } from "sockhop";

export { Sockhop as default, SockhopError, SockhopServer, client };

if (process.argv[2] === "talk") {
    const server = new SockhopServer({ port: 0 });
    server.on("receive", (value) => {
        console.log(value);
        server.close();
    });
    await server.listen();
    const end = new client({ port: server.get_bound_port() });
    await end.connect();
    await end.send("imported");
    await end.disconnect();
}
