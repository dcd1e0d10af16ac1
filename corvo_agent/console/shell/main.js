import { App } from "./app.js";
import { SCREENS } from "./screens.js";

void new App(document.body, SCREENS).start();
