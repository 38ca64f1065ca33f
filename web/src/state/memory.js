// What the browser keeps for the next time: a name, an account's name and rooms; never a password. Some keep nothing.

/** @param {"nick" | "account" | "rooms" | "language" | "notify"} key @returns {string} */
export function recall(key) {
  try {
    return localStorage.getItem(`parlance.${key}`) ?? "";
  } catch {
    return "";
  }
}

/** @param {"nick" | "account" | "rooms" | "language" | "notify"} key @param {string} value */
export function remember(key, value) {
  try {
    localStorage.setItem(`parlance.${key}`, value);
  } catch {
    // Then it is asked again.
  }
}
