// A program that imports the package, and has a part that requires it.
import Sockhop, * as names from "sockhop";
import index from "sockhop/index";
import ObjectBuffer from "sockhop/lib/ObjectBuffer.js";
import SockhopClient from "sockhop/lib/SockhopClient.js";
import SockhopError from "sockhop/lib/SockhopError.js";
import pings from "sockhop/lib/SockhopPing.js";
import requests, { SockhopRequest } from "sockhop/lib/SockhopRequest";
import SockhopServer from "sockhop/lib/SockhopServer";
import SockhopSession from "sockhop/lib/SockhopSession";
import TimedMap from "sockhop/lib/TimedMap";
import { check } from "./check.mjs";
import part from "./part.cjs";

const deep = { ObjectBuffer, SockhopClient, SockhopError, SockhopServer, SockhopSession, TimedMap, SockhopRequest };
check([Sockhop, Sockhop.default, names, names.default, index, part], [deep, pings, requests, part]);
