/** The configuration cannot be used; the message holds every mistake of it. */
export class ConfigError extends Error {}
