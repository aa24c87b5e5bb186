/** The version of the backend, as `/openapi.json` and the log say it. */
export const VERSION = "0.1.0";
