/** What keeps a library in order, in the order in which a night does it. */
export const MAINTENANCE_TASKS = [
  "people",
  "centroids",
  "albums",
  "retry",
  "grades",
  "orphans",
  "optimise",
  "backup",
] as const;
export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number];

/** Why a task ran: its hour had come, or somebody asked. */
export const MAINTENANCE_TRIGGERS = ["schedule", "request"] as const;
export type MaintenanceTrigger = (typeof MAINTENANCE_TRIGGERS)[number];
