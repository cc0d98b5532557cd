import { KeepsightError } from "../../core/errors.ts";
import { PhotoListQuery, PhotoPage } from "../../api/photos.ts";
import {
  ChangedPerson,
  CreatePersonRequest,
  Decided,
  DistinguishRequest,
  HidePersonsRequest,
  FacePage,
  MergeAnswer,
  MergeIntoRequest,
  MergePersonsRequest,
  PeopleSuggestions,
  Person,
  PersonFacesQuery,
  PersonListQuery,
  PersonPage,
  PersonParams,
  PersonThumbnailRequest,
  SplitPersonAnswer,
  SplitPersonRequest,
  SuggestionsQuery,
  UpdatePersonRequest,
} from "../../api/people.ts";
import type { PersonChanges } from "../../core/people-decision.ts";
import type { People } from "../../engine/people/people.ts";
import type { PhotoLibrary } from "../../engine/photo-library.ts";
import { USER } from "../actor.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { ApiServer } from "../api-server.ts";
import { toPhotoFilter } from "../photo-filter-query.ts";
import { toFace, toPeopleSuggestion, toPerson } from "../present-people.ts";
import { toPhotoSummary } from "../present.ts";

const tags = ["persons"];

export interface PersonRoutesOptions {
  readonly people: People;
  readonly library: PhotoLibrary;
}

/** Persons: lists, names, mergers, splits, and questions about who is who. Each change can be undone by its decision. */
export function addPersonRoutes(server: ApiServer, { people, library }: PersonRoutesOptions): void {
  const { persons, faces, prototypes } = people;

  async function present(person: Awaited<ReturnType<typeof persons.get>>, personId: string) {
    if (person === undefined) throw new KeepsightError("not_found", `There is no person ${personId}.`);
    return toPerson(person, (await prototypes.counts()).get(person.id) ?? 0);
  }

  async function change(personId: string, changes: PersonChanges) {
    const changed = await people.updatePerson(personId, changes, USER);
    return { ...(await present(changed, personId)), decisionId: changed.decisionId };
  }

  server.get(
    "/persons",
    {
      schema: { tags, summary: "List persons", querystring: PersonListQuery, response: { 200: PersonPage } },
    },
    async ({ query: { page, pageSize, status, q, sort } }) => {
      const [{ items, total }, counts] = await Promise.all([
        persons.list({
          statuses: status ?? ["active"],
          sort,
          limit: pageSize,
          offset: (page - 1) * pageSize,
          ...(q === undefined ? {} : { search: q }),
        }),
        prototypes.counts(),
      ]);
      return {
        items: items.map((person) => toPerson(person, counts.get(person.id) ?? 0)),
        total,
        page,
        pageSize,
      };
    },
  );

  server.post(
    "/persons",
    { schema: { tags, summary: "Add a person", body: CreatePersonRequest, response: { 201: Person } } },
    async ({ body }, reply) =>
      reply.code(201).send(toPerson(await people.createPerson(body.name, body.birthDate, USER), 0)),
  );

  server.get(
    "/persons/:id",
    { schema: { tags, summary: "One person", params: PersonParams, response: { 200: Person } } },
    async ({ params: { id } }) => present(await persons.get(id), id),
  );

  server.put(
    "/persons/:id",
    {
      schema: {
        tags,
        summary: "Change name, birth date, whether it is hidden or a favourite, or the face to show",
        params: PersonParams,
        body: UpdatePersonRequest,
        response: { 200: ChangedPerson },
      },
    },
    async ({ params: { id }, body }) => change(id, withoutUndefined(body)),
  );

  server.delete(
    "/persons/:id",
    {
      schema: {
        tags,
        summary: "Delete a person; its faces become unassigned",
        params: PersonParams,
        response: { 200: Decided },
      },
    },
    async ({ params: { id } }) => people.deletePerson(id, USER),
  );

  server.post(
    "/persons/hide",
    {
      schema: {
        tags,
        summary: "Take persons out of sight, or bring them back, in one decision",
        body: HidePersonsRequest,
        response: { 200: Decided },
      },
    },
    async ({ body: { personIds, isHidden } }) => people.hidePersons(personIds, isHidden, USER),
  );

  server.post(
    "/persons/merge",
    {
      schema: {
        tags,
        summary: "Merge persons into one",
        body: MergePersonsRequest,
        response: { 200: MergeAnswer },
      },
    },
    async ({ body: { sourcePersonIds, targetPersonId } }) => {
      const { decisionId, facesChanged } = await people.mergePersons(sourcePersonIds, targetPersonId, USER);
      return {
        sourcePersonId: sourcePersonIds[0]!,
        targetPersonId,
        facesMoved: facesChanged,
        decisionId,
      };
    },
  );

  server.post(
    "/persons/:id/merge",
    {
      schema: {
        tags,
        summary: "Merge a person into another",
        params: PersonParams,
        body: MergeIntoRequest,
        response: { 200: MergeAnswer },
      },
    },
    async ({ params: { id }, body: { intoPersonId } }) => {
      const { decisionId, facesChanged } = await people.mergePersons([id], intoPersonId, USER);
      return { sourcePersonId: id, targetPersonId: intoPersonId, facesMoved: facesChanged, decisionId };
    },
  );

  server.post(
    "/persons/:id/split",
    {
      schema: {
        tags,
        summary: "Split faces off as another person",
        params: PersonParams,
        body: SplitPersonRequest,
        response: { 200: SplitPersonAnswer },
      },
    },
    async ({ params: { id }, body: { faceIds, name } }) => {
      const person = await people.splitPerson(id, faceIds, name, USER);
      const { faceCount: facesMoved, decisionId } = person;
      return { person: toPerson(person, 0), facesMoved, decisionId };
    },
  );

  server.post(
    "/persons/:id/thumbnail",
    {
      schema: {
        tags,
        summary: "Choose the face to show",
        params: PersonParams,
        body: PersonThumbnailRequest,
        response: { 200: ChangedPerson },
      },
    },
    async ({ params: { id }, body }) => change(id, { representativeFaceId: body.faceId }),
  );

  server.post(
    "/persons/:id/distinguish",
    {
      schema: {
        tags,
        summary: "Say that two persons who look alike are not one",
        params: PersonParams,
        body: DistinguishRequest,
        response: { 200: Decided },
      },
    },
    async ({ params: { id }, body }) => people.distinguish([id, body.otherPersonId], USER),
  );

  server.get(
    "/persons/:id/photos",
    {
      schema: {
        tags,
        summary: "Photos of a person, with all filters of photos",
        params: PersonParams,
        querystring: PhotoListQuery,
        response: { 200: PhotoPage },
      },
    },
    async ({ params: { id }, query }) => {
      const { page, pageSize, sort } = query;
      await present(await persons.get(id), id);
      const filter = { ...toPhotoFilter(query), personId: id };
      const found = await library.list(filter, { sort, limit: pageSize, offset: (page - 1) * pageSize });
      return { items: found.items.map(toPhotoSummary), total: found.total, page, pageSize };
    },
  );

  server.get(
    "/persons/:id/faces",
    {
      schema: {
        tags,
        summary: "Faces of a person, best first",
        params: PersonParams,
        querystring: PersonFacesQuery,
        response: { 200: FacePage },
      },
    },
    async ({ params: { id }, query: { page, pageSize, state } }) => {
      await present(await persons.get(id), id);
      const { items, total } = await faces.list({
        personId: id,
        limit: pageSize,
        offset: (page - 1) * pageSize,
        ...(state === undefined ? {} : { states: state }),
      });
      return { items: items.map(toFace), total, page, pageSize };
    },
  );

  async function presentSuggestions(limit: number, personId?: string) {
    const suggestions = await people.suggestions(limit, personId);
    const ids = suggestions.flatMap((one) => (one.kind === "same-person" ? one.personIds : [one.personId]));
    const covers = await persons.covers([...new Set(ids)]);
    return { items: suggestions.map((one) => toPeopleSuggestion(one, covers)) };
  }

  server.get(
    "/persons/suggestions",
    {
      schema: {
        tags,
        summary: "Questions about who is who, those first that settle most",
        querystring: SuggestionsQuery,
        response: { 200: PeopleSuggestions },
      },
    },
    async ({ query: { limit } }) => presentSuggestions(limit),
  );

  server.get(
    "/persons/:id/suggestions",
    {
      schema: {
        tags,
        summary: "Questions about one person",
        params: PersonParams,
        querystring: SuggestionsQuery,
        response: { 200: PeopleSuggestions },
      },
    },
    async ({ params: { id }, query: { limit } }) => {
      await present(await persons.get(id), id);
      return presentSuggestions(limit, id);
    },
  );
}
