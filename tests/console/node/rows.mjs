/** A row as the API has it. @param {Record<string, any>} given */
export function row(given) {
  return {
    name: "", node: "", service: "", category: "venice", labels: {}, status: "live", reachable: true, why: "",
    wanted: { level: "Info", source: "log-level", until: null, by: "", reason: "" }, applied: "Info", "in-force": true,
    started: null, restarts: 0, workers: null, errors: null, cpu: null, rss: null, "loop-lag": null, asked: null,
    ...given,
  };
}
