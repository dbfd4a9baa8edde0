declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** The coordinator's id for a member, `<client.id>-<uuid>`; a restarted dynamic member gets a new one. */
export type MemberId = Branded<string, 'MemberId'>;
/** Grows by one each time a join phase of a classic group ends; the first is 1. */
export type GenerationId = Branded<number, 'GenerationId'>;
/** The configured `group.instance.id` that makes a member static. */
export type GroupInstanceId = Branded<string, 'GroupInstanceId'>;
/** A member's name in the scenario; also its `client.id`. */
export type MemberName = Branded<string, 'MemberName'>;
export type GroupId = Branded<string, 'GroupId'>;

export const asMemberId = (text: string): MemberId => text as MemberId;
export const asGenerationId = (value: number): GenerationId => value as GenerationId;
export const asGroupInstanceId = (text: string): GroupInstanceId => text as GroupInstanceId;
export const asMemberName = (text: string): MemberName => text as MemberName;
export const asGroupId = (text: string): GroupId => text as GroupId;

/** Who did something: the script, the coordinator, or a member by its name. */
export type ActorId = 'script' | 'coordinator' | `member/${string}`;

/** The actor that a member is. */
export const memberActor = (name: MemberName): ActorId => `member/${name}`;

/** The member that an actor is, or null for the script and the coordinator. */
export function memberOf(actor: ActorId): MemberName | null {
  return actor.startsWith('member/') ? asMemberName(actor.slice('member/'.length)) : null;
}
