/** Who decides what comes over HTTP: a library has one owner, whoever holds the key. */
export const USER = "user";
