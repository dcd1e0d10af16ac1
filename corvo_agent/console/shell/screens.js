// What there is to see, in the order of the menu.

import { audit } from "../audit/screen.js";
import { errors } from "../errors/screen.js";
import { fleet } from "../fleet/screen.js";
import { logs } from "../logs/screen.js";
import { module } from "../module/screen.js";
import { profiles } from "../profiles/screen.js";
import { stacks } from "../stacks/screen.js";

/** @type {import("./app.js").Screen[]} */
export const SCREENS = [fleet, module, logs, errors, stacks, profiles, audit];
