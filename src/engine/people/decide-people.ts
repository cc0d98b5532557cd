import { randomUUID } from "node:crypto";
import { KeepsightError } from "../../core/errors.ts";
import type { Box } from "../../core/geometry.ts";
import type { PeopleDecision, PersonChanges } from "../../core/people-decision.ts";
import type { Face, FaceStore } from "../../database/people/face-store.ts";
import type { CarriedOut, PeopleDecisions } from "../../database/people/people-decisions.ts";
import type { Person, PersonStore } from "../../database/people/person-store.ts";

/** Whom faces are given to: a person that is there, or one of that name, made if there is none. */
export type Whom = { readonly personId: string } | { readonly name: string };

/** What a human does with people and faces. Each is one decision that can be undone; ids of decisions come back. */
export interface PeopleActions {
  createPerson(name: string, birthDate: string | undefined, actor: string): Promise<Person>;
  updatePerson(personId: string, changes: PersonChanges, actor: string): Promise<Decided & Person>;
  deletePerson(personId: string, actor: string): Promise<Decided>;
  mergePersons(sourceIds: readonly string[], targetId: string, actor: string): Promise<Merged>;
  /** The faces become a person of that name. */
  splitPerson(
    personId: string,
    faceIds: readonly number[],
    name: string,
    actor: string,
  ): Promise<Decided & Person>;
  /** Takes persons out of sight, or brings them back; all of them, or nobody where one is not there. */
  hidePersons(personIds: readonly string[], isHidden: boolean, actor: string): Promise<Decided>;
  /** The two are never proposed as one again. */
  distinguish(personIds: readonly [string, string], actor: string): Promise<Decided>;
  assignFaces(faceIds: readonly number[], whom: Whom, actor: string): Promise<Assigned>;
  /** The faces are not this person, or not the one that each is taken for. */
  rejectFaces(faceIds: readonly number[], personId: string | undefined, actor: string): Promise<Decided>;
  ignoreFaces(faceIds: readonly number[], actor: string): Promise<Decided>;
  removeFaces(faceIds: readonly number[], actor: string): Promise<Decided>;
  restoreFaces(faceIds: readonly number[], actor: string): Promise<Decided>;
  /** A face that the detector missed; it is embedded in the background. Naming it at once is a decision of its own. */
  drawFace(photoId: number, normalizedBox: Box, whom: Whom | undefined, actor: string): Promise<DrawnFace>;
  /** Names all faces of a cluster that no human named. `conflict` when there are none left. */
  labelCluster(clusterId: string, name: string, actor: string): Promise<Assigned>;
  /** Takes a decision back, or brings it into force again. */
  undo(decisionId: number, actor: string): Promise<Decided>;
}

/** A decision that was carried out. */
export interface Decided {
  readonly decisionId: number;
  /** Faces of which something else holds now. */
  readonly facesChanged: number;
}

export interface Assigned extends Decided {
  readonly personId: string;
  readonly personName: string;
}

/** A face just drawn, with the decisions that made and named it, in their order. */
export interface DrawnFace extends Face {
  readonly decisionIds: readonly number[];
}

export interface Merged extends Decided {
  readonly targetId: string;
}

export interface PeopleActionsOptions {
  readonly decisions: PeopleDecisions;
  readonly persons: PersonStore;
  readonly faces: FaceStore;
  /** Called after each decision, and waited for: who is known, who is in which photo may have changed. */
  readonly onDecided: (done: CarriedOut) => Promise<void> | void;
}

/** Model id of a face that a human drew. */
const DRAWN = "human";

export function createPeopleActions({
  decisions,
  persons,
  faces,
  onDecided,
}: PeopleActionsOptions): PeopleActions {
  async function decide(decision: PeopleDecision, actor: string): Promise<Decided> {
    const done = await decisions.decide(decision, { actor });
    await onDecided(done);
    return { decisionId: done.decision.id, facesChanged: done.faceIds.length };
  }

  async function getPerson(personId: string): Promise<Person> {
    const person = await persons.get(personId);
    if (person !== undefined) return person;
    throw new KeepsightError("not_found", `There is no person ${personId}.`);
  }

  async function findTarget(whom: Whom): Promise<{ personId: string; name?: string }> {
    if ("personId" in whom) return { personId: (await getPerson(whom.personId)).id };
    const found = await persons.findByName(whom.name);
    return found === undefined ? { personId: randomUUID(), name: whom.name } : { personId: found.id };
  }

  async function assign(
    faceIds: readonly number[],
    whom: Whom,
    actor: string,
    clusterId?: string,
  ): Promise<Assigned> {
    const cluster = clusterId === undefined ? {} : { clusterId };
    const give = async (target: { readonly personId: string; readonly name?: string }) => {
      const done = await decide({ kind: "face.assign", faceIds, ...target, ...cluster }, actor);
      const { id: personId, name: personName } = await getPerson(target.personId);
      return { ...done, personId, personName };
    };
    const target = await findTarget(whom);
    if (target.name === undefined) return give(target);
    return give(target).catch(async (error: unknown) => {
      // Two who name somebody new at the same moment mean one person: the second takes the first's.
      const other = await findTarget(whom);
      if (other.name === undefined) return give(other);
      throw error;
    });
  }

  /** What follows a decision, or nothing of either. */
  async function orTakeBack<T>({ decisionId }: Decided, actor: string, next: () => Promise<T>): Promise<T> {
    try {
      return await next();
    } catch (error) {
      await onDecided(await decisions.undo(decisionId, { actor }));
      throw error;
    }
  }

  return {
    async createPerson(name, birthDate, actor) {
      const personId = randomUUID();
      const created = await decide({ kind: "person.create", personId, name }, actor);
      if (birthDate !== undefined) {
        await orTakeBack(created, actor, () =>
          decide({ kind: "person.update", personId, changes: { birthDate } }, actor),
        );
      }
      return getPerson(personId);
    },
    async updatePerson(personId, changes, actor) {
      const done = await decide({ kind: "person.update", personId, changes }, actor);
      return { ...(await getPerson(personId)), ...done };
    },
    deletePerson: (personId, actor) => decide({ kind: "person.delete", personId }, actor),
    async mergePersons(sourceIds, targetId, actor) {
      return { ...(await decide({ kind: "person.merge", sourceIds, targetId }, actor)), targetId };
    },
    async splitPerson(personId, faceIds, name, actor) {
      const newPersonId = randomUUID();
      const done = await decide({ kind: "person.split", personId, newPersonId, name, faceIds }, actor);
      return { ...(await getPerson(newPersonId)), ...done };
    },
    hidePersons: (personIds, isHidden, actor) =>
      decide({ kind: "person.hide", personIds: [...new Set(personIds)], isHidden }, actor),
    distinguish: (personIds, actor) => decide({ kind: "person.distinguish", personIds }, actor),
    assignFaces: (faceIds, whom, actor) => assign(faceIds, whom, actor),
    async rejectFaces(faceIds, personId, actor) {
      if (personId !== undefined) return decide({ kind: "face.reject", faceIds, personId }, actor);
      const found = await faces.getMany(faceIds);
      const known = new Set(found.map(({ id }) => id));
      const unknown = faceIds.find((id) => !known.has(id));
      if (unknown !== undefined) throw new KeepsightError("not_found", `There is no face ${unknown}.`);
      const byPerson = Map.groupBy(found, (face) => face.personId);
      const [only] = byPerson.keys();
      if (byPerson.size !== 1 || only === undefined) {
        throw new KeepsightError(
          "conflict",
          "These faces are not all taken for one person: say with personId who they are not.",
        );
      }
      return decide({ kind: "face.reject", faceIds, personId: only }, actor);
    },
    ignoreFaces: (faceIds, actor) => decide({ kind: "face.ignore", faceIds }, actor),
    removeFaces: (faceIds, actor) => decide({ kind: "face.remove", faceIds }, actor),
    restoreFaces: (faceIds, actor) => decide({ kind: "face.restore", faceIds }, actor),
    async drawFace(photoId, normalizedBox, whom, actor) {
      const face = { normalizedBox, landmarks: [], score: 1, quality: 0 };
      const faceId = await faces.insertDrawn(photoId, face, DRAWN);
      const drawn = await decide({ kind: "face.draw", faceId, photoId, normalizedBox }, actor);
      const named =
        whom === undefined ? [] : [await orTakeBack(drawn, actor, () => assign([faceId], whom, actor))];
      const decisionIds = [drawn, ...named].map(({ decisionId }) => decisionId);
      return { ...(await faces.get(faceId))!, decisionIds };
    },
    async labelCluster(clusterId, name, actor) {
      const all = await faces.getMany(await faces.facesOfCluster(clusterId));
      if (all.length === 0) throw new KeepsightError("not_found", `There is no cluster ${clusterId}.`);
      const open = all.filter(({ state }) => state !== "confirmed");
      if (open.length === 0) {
        throw new KeepsightError(
          "conflict",
          `All faces of ${clusterId} are named already ("${all[0]!.personName ?? ""}"): rename or merge that person, or move single faces.`,
        );
      }
      return assign(
        open.map(({ id }) => id),
        { name },
        actor,
        clusterId,
      );
    },
    async undo(decisionId, actor) {
      const done = await decisions.undo(decisionId, { actor });
      await onDecided(done);
      return { decisionId: done.decision.id, facesChanged: done.faceIds.length };
    },
  };
}
