/** Made by `npm run types` from /api/openapi.json: not edited by hand. */

export interface paths {
    "/api/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is counted of the whole service, up to now. */
        get: operations["service_analytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This description. */
        get: operations["description"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rooms with somebody in them, largest first. Where tokens list rooms, only those. */
        get: operations["rooms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rooms/{room}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A room's settings. */
        get: operations["room"];
        /** Changes a room's settings, and says so in the room's moderation log: for its moderators. */
        put: operations["change_room"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rooms/{room}/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is counted of a room, up to now. Private messages never count. */
        get: operations["room_analytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rooms/{room}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is in a room. */
        get: operations["members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rooms/{room}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A room's messages, without a cursor the newest ones. */
        get: operations["messages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rooms/{room}/moderation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was done to keep order in a room: for its moderators. */
        get: operations["moderation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rooms/{room}/moments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The moments in which far more people than usual said something at once, newest first. One is known
         *     about 30 seconds after its end.
         */
        get: operations["room_moments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{user}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A user's messages of all rooms, ordered by time. Those of the last moments can be missing. Where tokens
         *     are required: one's own, or anybody's for a moderator, of the rooms that the token allows and that the
         *     moderator is not banned from.
         */
        get: operations["user_messages"];
        put?: never;
        post?: never;
        /**
         * Takes away what a user said, in all rooms, from storage, history and everything that was counted:
         *     1,000 messages a request, newest first. What was counted of messages that are gone already loses the
         *     user's name, and says so: `erasedUsers`. For owners whose token is not limited to rooms; where no
         *     tokens are required, for nobody.
         */
        delete: operations["erase"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the service can do its work, and how many connections are open. */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description `ack`: what was asked for is done. A message of the room is stored, and history returns it from now
         *     on.
         */
        Ack: {
            /** @description The message's. */
            messageId?: components["schemas"]["MessageId"];
            /** @description As it was sent. */
            nonce?: components["schemas"]["Nonce"];
            /**
             * @description What a moderator did.
             * @example timeout
             */
            op?: string;
            /** @description Of a message of the room. */
            sequence?: components["schemas"]["Sequence"];
            timestamp: components["schemas"]["Timestamp"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ack";
        };
        /** @description A room with somebody in it. */
        ActiveRoom: {
            /**
             * Format: int64
             * @description Of them, all devices and tabs counted.
             */
            connections: number;
            /**
             * Format: int64
             * @description Users.
             */
            members: number;
            /**
             * Format: int64
             * @description That were ever said: the last sequence.
             */
            messages: number;
            roomId: components["schemas"]["RoomId"];
        };
        /** @description A connection and who is on it. */
        ActiveUserDetail: {
            connectionId: string;
            /** Format: date-time */
            joinedAt: string;
            roomId: components["schemas"]["RoomId"];
            userId: components["schemas"]["UserId"];
            username: components["schemas"]["Username"];
        };
        /**
         * @description A room's numbers, on a connection with `feed=analytics`: the same fields as in the HTTP API's answer
         *     for the last 15 minutes.
         */
        AnalyticsFrame: components["schemas"]["RoomAnalytics"] & {
            /** @enum {string} */
            type: "analytics";
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "analytics";
        };
        /** @description A clock hour or a day of a room, in UTC. */
        BucketFigures: {
            /**
             * Format: int64
             * @description Unicode scalar values.
             */
            characters: number;
            /**
             * Format: int64
             * @description Users whom it may still count though they were erased: their messages were gone already. 256 at
             *     the most.
             */
            erasedUsers: number;
            /** Format: int64 */
            messages: number;
            /** @description Those of them who said something in this room for the first time. */
            newChatters: components["schemas"]["Figure_u64"];
            /**
             * Format: date-time
             * @description When it began.
             */
            start: string;
            uniqueChatters: components["schemas"]["Figure_u64"];
        };
        /** @description Settings of a room that were changed; what is not there stayed as it was. */
        ChangedSettings: {
            announcement?: null | components["schemas"]["Content"];
            /** @description All of them, as they were from then on. */
            blockedTerms?: string[];
            /** @description In Unicode scalar values. */
            maxContentLength?: number;
            /** @description Whether nobody may repeat within 30 seconds what they said last. */
            refuseRepetition?: boolean;
            /**
             * Format: int64
             * @description 0 switched slow mode off.
             */
            slowModeSeconds?: number;
        };
        /** @description `chat`: a message of the room, live or from history, or a private one. */
        ChatFrame: {
            content: components["schemas"]["Content"];
            messageId: components["schemas"]["MessageId"];
            /** @description The sender's own copy has the nonce that the message was sent with. */
            nonce?: components["schemas"]["Nonce"];
            /** @description The message of the same room that this one answers. */
            replyTo?: components["schemas"]["Sequence"];
            /** @description Absent for a viewer. */
            role?: components["schemas"]["Role"];
            roomId: components["schemas"]["RoomId"];
            /** @description Absent on a private message, which has no place in the room. */
            sequence?: components["schemas"]["Sequence"];
            timestamp: components["schemas"]["Timestamp"];
            /** @description To whom a private message is. */
            to?: components["schemas"]["UserId"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "chat";
            userId: components["schemas"]["UserId"];
            username: components["schemas"]["Username"];
        };
        /**
         * @description What to match on; new ones may come.
         * @enum {string}
         */
        Code: "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "internal" | "unavailable";
        /**
         * @description What was said. Of control characters only newline and tab.
         * @example hello
         */
        Content: string;
        /** @description `delete`: a message was deleted; clients take it away. */
        DeleteFrame: {
            messageId: components["schemas"]["MessageId"];
            roomId: components["schemas"]["RoomId"];
            sequence: components["schemas"]["Sequence"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "delete";
        };
        /** @description What was taken away. */
        ErasedMessages: {
            /** @description Messages, deleted ones included. */
            erased: number;
            /** @description Whether there are more, or rooms that counted some: ask again. */
            more: boolean;
            userId: components["schemas"]["UserId"];
        };
        /** @description Why a request was refused. */
        ErrorBody: {
            error: components["schemas"]["ErrorDetail"];
        };
        /**
         * @description Why a frame was refused: to match on. New ones may come.
         * @example rate_limited
         * @enum {string}
         */
        ErrorCode: "invalid_json" | "unknown_action" | "invalid_message" | "content_too_long" | "rate_limited" | "slow_mode" | "muted" | "forbidden" | "not_found" | "room_busy" | "internal";
        /** @description Nothing internal, and nothing of what the caller sent. */
        ErrorDetail: {
            code: components["schemas"]["Code"];
            /**
             * @description A sentence for a person.
             * @example limit must be a whole number from 1
             */
            message: string;
        };
        /** @description `error`: the frame was refused; nothing was stored. */
        ErrorFrame: {
            code: components["schemas"]["ErrorCode"];
            /**
             * @description A sentence for a person.
             * @example too many messages; wait a moment
             */
            message: string;
            /** @description As it was sent, where the frame had a good one. */
            nonce?: components["schemas"]["Nonce"];
            /**
             * Format: int64
             * @description Milliseconds, where waiting helps.
             * @example 200
             */
            retryAfterMs?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "error";
        };
        /**
         * @description A number that was counted, or one that was estimated, with the bounds that the truth lies between
         *     in 95 of 100 cases.
         */
        Figure_f64: number | {
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /** Format: double */
            value: number;
        };
        /**
         * @description A number that was counted, or one that was estimated, with the bounds that the truth lies between
         *     in 95 of 100 cases.
         */
        Figure_u64: number | {
            /** Format: int64 */
            high: number;
            /** Format: int64 */
            low: number;
            /** Format: int64 */
            value: number;
        };
        /** @description Whether the service can do its work. */
        Health: {
            /**
             * Format: int64
             * @description Open connections, right within a second. Absent where the database does not answer.
             * @example 5
             */
            clients?: number;
            status: components["schemas"]["Status"];
            storage: components["schemas"]["Storage"];
        };
        /** @description Some of a room's messages, oldest first. */
        HistoryPage: {
            /** @description Of messages in this page. */
            count: number;
            messages: components["schemas"]["ChatFrame"][];
            next?: null | components["schemas"]["Sequence"];
            roomId: components["schemas"]["RoomId"];
        };
        /** @description Who came or left: `join` for a user's first connection, `leave` for the last. */
        JoinFrame: {
            /**
             * Format: int64
             * @description Users present then.
             */
            members: number;
            roomId: components["schemas"]["RoomId"];
            timestamp: components["schemas"]["Timestamp"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "join";
            userId: components["schemas"]["UserId"];
            username: components["schemas"]["Username"];
        };
        /** @description Who came or left: `join` for a user's first connection, `leave` for the last. */
        LeaveFrame: {
            /**
             * Format: int64
             * @description Users present then.
             */
            members: number;
            roomId: components["schemas"]["RoomId"];
            timestamp: components["schemas"]["Timestamp"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "leave";
            userId: components["schemas"]["UserId"];
            username: components["schemas"]["Username"];
        };
        /** @description Some of a room's moderation log, newest first. */
        LogPage: {
            /** @description Of entries in this page. */
            count: number;
            entries: components["schemas"]["ModerationEntry"][];
            /**
             * @description `before` of the next page; `null` at the end.
             * @example 001795509060123-0000beef
             */
            next?: string | null;
            roomId: components["schemas"]["RoomId"];
        };
        /** @description A user with a connection. */
        Member: {
            connections: number;
            /** @description Somebody who was back within seconds never left. */
            joinedAt: components["schemas"]["Timestamp"];
            /** @description Absent for a viewer. */
            role?: components["schemas"]["Role"];
            userId: components["schemas"]["UserId"];
            /** @description That the newest connection came with. */
            username: components["schemas"]["Username"];
        };
        /** @description Users with a connection. */
        MemberFigures: {
            /** Format: int64 */
            now: number;
            /**
             * Format: int64
             * @description The most there ever were at one moment.
             */
            peak: number;
        };
        /** @description Some of a room's members, in the order of their ids. */
        MemberPage: {
            /** @description Of members in this page. */
            count: number;
            members: components["schemas"]["Member"][];
            next?: null | components["schemas"]["UserId"];
            roomId: components["schemas"]["RoomId"];
        };
        /**
         * Format: uuid
         * @description Unique everywhere; a UUID.
         * @example 01a20cae-021b-7707-8707-070707070707
         */
        MessageId: string;
        /** @description Lengths of messages, in Unicode scalar values; `null` where there are none. */
        MessageLength: {
            /** Format: double */
            mean?: number | null;
            /** Format: int64 */
            p50?: number | null;
            /** Format: int64 */
            p95?: number | null;
        };
        /** @description A minute of a room. */
        MinuteFigures: {
            /**
             * Format: int64
             * @description Unicode scalar values.
             */
            characters: number;
            /**
             * Format: int64
             * @description Users who were there at its end.
             */
            members: number;
            /** Format: int64 */
            messages: number;
            /**
             * Format: date-time
             * @description When it began.
             */
            minute: string;
            uniqueChatters: components["schemas"]["Figure_u64"];
        };
        /** @description An entry of a room's moderation log. Which fields there are depends on `op`. */
        ModerationEntry: {
            /** @description What was announced. */
            content?: components["schemas"]["Content"];
            /** @description Names the entry. */
            id: string;
            /** @description Who did it. */
            moderator: components["schemas"]["UserId"];
            /**
             * @description `timeout`, `ban`, `unban`, `delete`, `announce`, `slowMode` or `settings`.
             * @example timeout
             */
            op: string;
            /**
             * Format: int64
             * @description For how long, or of slow mode, how slow.
             */
            seconds?: number;
            /** @description Which message. */
            sequence?: components["schemas"]["Sequence"];
            /** @description What the settings were changed to. */
            settings?: components["schemas"]["ChangedSettings"];
            timestamp: components["schemas"]["Timestamp"];
            /** @description To whom. */
            userId?: components["schemas"]["UserId"];
        };
        /** @description A highlight: far more people than usual said something at once. */
        MomentFigures: {
            /**
             * Format: date-time
             * @description When they had stopped.
             */
            end: string;
            /**
             * Format: int64
             * @description The first message: `after` the one before it opens the history there.
             */
            firstSequence: number;
            /**
             * Format: int64
             * @description The last message.
             */
            lastSequence: number;
            /**
             * Format: date-time
             * @description When most did.
             */
            peak: string;
            /**
             * Format: double
             * @description How unusual it was, in standard deviations; comparable within a room.
             */
            score: number;
            /**
             * Format: date-time
             * @description When more people than usual began to speak. They react to something 5 to 15 seconds earlier.
             */
            start: string;
            why: components["schemas"]["MomentReasons"];
        };
        /** @description What made it one. */
        MomentReasons: {
            /**
             * Format: int32
             * @description Different users in the five seconds of the peak.
             */
            chatters: number;
            /** @description At most five; counts are approximate. */
            emotes: components["schemas"]["MomentTerm"][];
            /** Format: int64 */
            messages: number;
            /**
             * Format: double
             * @description Messages a second at the peak.
             */
            rate: number;
            /**
             * Format: double
             * @description Share of messages that only react, 0 to 1.
             */
            reactionShare: number;
            /**
             * Format: double
             * @description Share of messages that say what was just said, 0 to 1.
             */
            repeatShare: number;
            /**
             * Format: double
             * @description How many there usually were.
             */
            usualChatters: number;
            /** @description At most five; counts are approximate. */
            words: components["schemas"]["MomentTerm"][];
        };
        /** @description A room's highlights. */
        Moments: {
            /** @description Newest first. */
            moments: components["schemas"]["MomentFigures"][];
            roomId: components["schemas"]["RoomId"];
        };
        /** @description A word or an emote of a moment. */
        MomentTerm: {
            /**
             * Format: int32
             * @description In how many messages, approximately.
             */
            count: number;
            text: string;
        };
        /**
         * @description A client's own name for its message.
         * @example n1
         */
        Nonce: string;
        /** @description `pong`: the answer to `ping`. */
        Pong: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "pong";
        };
        /** @description How many are in a large room, where `join` and `leave` would be too many. */
        PresenceFrame: {
            /**
             * Format: int64
             * @description Users present.
             */
            members: number;
            roomId: components["schemas"]["RoomId"];
            timestamp: components["schemas"]["Timestamp"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "presence";
        };
        /**
         * @description What somebody may do in a room.
         * @example moderator
         * @enum {string}
         */
        Role: "viewer" | "moderator" | "owner";
        /** @description A room's settings. A room that nobody decided anything about has the defaults. */
        Room: {
            announcement?: null | components["schemas"]["Content"];
            /** @description What must not be said. Only moderators see it. */
            blockedTerms?: string[];
            /** @description Longest message, in Unicode scalar values. */
            maxContentLength: number;
            /** @description Whether nobody may repeat within 30 seconds what they said last. */
            refuseRepetition: boolean;
            roomId: components["schemas"]["RoomId"];
            /**
             * Format: int64
             * @description Least time between two messages of one user; 0 is off.
             * @example 5
             */
            slowModeSeconds: number;
        };
        /** @description A window of a room. */
        RoomAnalytics: {
            /**
             * Format: date-time
             * @description Everything stored before this is counted.
             */
            asOf: string;
            /**
             * Format: int64
             * @description Unicode scalar values.
             */
            characters: number;
            /** @description Every day of the window, oldest first; the last one is still running. Only for `30d`. */
            days: components["schemas"]["BucketFigures"][];
            engagement?: null | components["schemas"]["Figure_f64"];
            /**
             * Format: int64
             * @description Users who were erased after messages of them in the window were gone: the numbers may still count
             *     what they said, and estimates of chatters may count them. Nothing names them. 256 at the most.
             */
            erasedUsers: number;
            /** @description Every clock hour of the window, oldest first; the last one is still running. Only for `24h`. */
            hours: components["schemas"]["BucketFigures"][];
            /**
             * Format: int64
             * @description How long the oldest message that is not counted yet has waited.
             */
            lagMs: number;
            members: components["schemas"]["MemberFigures"];
            messageLength: components["schemas"]["MessageLength"];
            /** Format: int64 */
            messages: number;
            /** @description The newest of the window, newest first, at most 10. */
            moments: components["schemas"]["MomentFigures"][];
            /** @description Those of them who said something in this room for the first time. */
            newChatters: components["schemas"]["Figure_u64"];
            peakMinute?: null | components["schemas"]["MinuteFigures"];
            /** @description The others. */
            returningChatters: components["schemas"]["Figure_u64"];
            roomId: components["schemas"]["RoomId"];
            /** @description Every minute of the window, oldest first; the last one is still running. Empty for `30d`. */
            series: components["schemas"]["MinuteFigures"][];
            shares: components["schemas"]["Shares"];
            /** @description Whether something that was deleted may still be in the estimates. */
            stale: boolean;
            /** @description At most 10. None for `30d`: names are kept no longer than messages. */
            topChatters: components["schemas"]["TopChatter"][];
            /** @description At most 10. */
            topCommands: components["schemas"]["TopCommand"][];
            /** @description At most 10. */
            topEmotes: components["schemas"]["TopEmote"][];
            /** @description At most 10, without English stop words. */
            topWords: components["schemas"]["TopWord"][];
            total: components["schemas"]["RoomTotal"];
            uniqueChatters: components["schemas"]["Figure_u64"];
        };
        /** @description Settings to change; what is not there stays as it is. */
        RoomChange: {
            announcement?: null | components["schemas"]["Content"];
            /** @description Whole words of 1 to 50 characters each; case and look-alikes make no difference. */
            blockedTerms?: string[];
            /**
             * Format: int64
             * @description In Unicode scalar values.
             * @example 500
             */
            maxContentLength?: number;
            /** @description Whether nobody may repeat within 30 seconds what they said last. */
            refuseRepetition?: boolean;
            /**
             * Format: int64
             * @description 0 switches slow mode off.
             * @example 5
             */
            slowModeSeconds?: number;
        };
        /**
         * @description A room.
         * @example global
         */
        RoomId: string;
        /** @description The rooms with somebody in them, largest first. */
        Rooms: {
            rooms: components["schemas"]["ActiveRoom"][];
        };
        /** @description Since the room's first message. */
        RoomTotal: {
            /**
             * Format: int64
             * @description Unicode scalar values.
             */
            characters: number;
            /** @description Different users: those whose first message is among them. */
            chatters: components["schemas"]["Figure_u64"];
            /** Format: int64 */
            messages: number;
        };
        /**
         * Format: int64
         * @description A message's place in its room: starts at 1 and grows by 1.
         * @example 42
         */
        Sequence: number;
        /** @description What a client gets: text frames of one or more of these, a line each. */
        ServerFrame: components["schemas"]["Ack"] | components["schemas"]["AnalyticsFrame"] | components["schemas"]["ChatFrame"] | components["schemas"]["DeleteFrame"] | components["schemas"]["ErrorFrame"] | components["schemas"]["JoinFrame"] | components["schemas"]["LeaveFrame"] | components["schemas"]["Pong"] | components["schemas"]["PresenceFrame"] | components["schemas"]["SystemFrame"];
        /** @description All rooms together. */
        ServiceAnalytics: {
            /**
             * Format: int64
             * @description Open connections.
             */
            activeConnections: number;
            /**
             * @description At most 200 open connections, of the largest rooms; none for a caller who is no moderator, where
             *     tokens are required.
             */
            activeUserDetails: components["schemas"]["ActiveUserDetail"][];
            /**
             * Format: int64
             * @description Users with one, once for each of their rooms.
             */
            activeUsers: number;
            /**
             * Format: date-time
             * @description Everything stored before this is counted.
             */
            asOf: string;
            /** @description The last 30 days in UTC, oldest first; the last one is still running. */
            days: components["schemas"]["ServiceDay"][];
            /**
             * Format: int64
             * @description How far the counts are behind the newest stored message, at the most.
             */
            lagMs: number;
            /**
             * Format: double
             * @description Milliseconds from the gateway's receipt of a frame to the last delivery that was accepted: half of
             *     the last 15 minutes' messages took no longer, within 2.5 % and a millisecond. `null` where there
             *     were none.
             */
            latencyP50Ms?: number | null;
            /**
             * Format: double
             * @description Of 95 in 100.
             */
            latencyP95Ms?: number | null;
            /**
             * Format: double
             * @description Of 99 in 100.
             */
            latencyP99Ms?: number | null;
            /** @description The last 15 minutes, oldest first; the last one is still running. */
            messagesPerMinute: number[];
            /**
             * Format: int64
             * @description The most connections there ever were at one moment.
             */
            peakConnections: number;
            /**
             * Format: date-time
             * @description When the first message was said that is counted; `null` before it.
             */
            since?: string | null;
            /**
             * Format: int64
             * @description Since the first one.
             */
            totalMessages: number;
        };
        /** @description A day of all rooms together. */
        ServiceDay: {
            /**
             * Format: int64
             * @description Unicode scalar values.
             */
            characters: number;
            /** Format: int64 */
            messages: number;
            /**
             * Format: date-time
             * @description When it began.
             */
            start: string;
        };
        /** @description Shares of all messages, 0 to 1. */
        Shares: {
            /**
             * Format: double
             * @description Messages with a link.
             */
            links: number;
            /**
             * Format: double
             * @description Messages that ask something.
             */
            questions: number;
            /** @description Messages whose text was said before in the window, but for case and white space. */
            repeated: components["schemas"]["Figure_f64"];
        };
        /** @enum {string} */
        Status: "ok" | "degraded";
        /** @enum {string} */
        Storage: "ok" | "unavailable";
        /** @description `system`: an announcement to everybody in the room. */
        SystemFrame: {
            content: components["schemas"]["Content"];
            roomId: components["schemas"]["RoomId"];
            timestamp: components["schemas"]["Timestamp"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "system";
        };
        /**
         * Format: date-time
         * @description A moment: RFC 3339, UTC, always three digits of milliseconds.
         * @example 2026-11-24T08:31:00.123Z
         */
        Timestamp: string;
        /** @description A user and how many messages there are of them. */
        TopChatter: {
            messages: components["schemas"]["Figure_u64"];
            userId: string;
        };
        /** @description A `!command` in lower case, and how often messages began with it. */
        TopCommand: {
            command: string;
            count: components["schemas"]["Figure_u64"];
        };
        /** @description An emoji, a `:name:` or a name that the service knows as an emote, and how often it occurred. */
        TopEmote: {
            count: components["schemas"]["Figure_u64"];
            emote: string;
        };
        /** @description A word in lower case, and how often it occurred. */
        TopWord: {
            count: components["schemas"]["Figure_u64"];
            word: string;
        };
        /**
         * @description A user, across all of their connections. `%` escapes a byte of a token's subject.
         * @example alice
         */
        UserId: string;
        /** @description Some of a user's messages, oldest first. */
        UserMessagesPage: {
            /** @description Of messages in this page. */
            count: number;
            messages: components["schemas"]["ChatFrame"][];
            /**
             * @description `before` of the next page, going back; `null` at the end. A page can be empty and not be the last.
             * @example 1795509060123.global.42
             */
            next?: string | null;
            userId: components["schemas"]["UserId"];
        };
        /**
         * @description A user's name for people to read. No control characters.
         * @example Alice
         */
        Username: string;
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    service_analytics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The service's numbers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceAnalytics"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    description: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rooms: {
        parameters: {
            query?: {
                /** @description Rooms at the most; a number over 200 means 200. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The largest rooms, some moments ago */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rooms"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    room: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room: components["schemas"]["RoomId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    change_room: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room: components["schemas"]["RoomId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoomChange"];
            };
        };
        responses: {
            /** @description The settings as they are now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    room_analytics: {
        parameters: {
            query?: {
                /**
                 * @description The last 15 minutes, the last 60, the running hour and the 23 before it, or the running day and the
                 *     29 before it.
                 */
                window?: string;
            };
            header?: never;
            path: {
                room: components["schemas"]["RoomId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The window's numbers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomAnalytics"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    members: {
        parameters: {
            query?: {
                /** @description The `next` of an earlier page. */
                after?: components["schemas"]["UserId"];
                /** @description Members at the most; a number over 200 means 200. */
                limit?: number;
            };
            header?: never;
            path: {
                room: components["schemas"]["RoomId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, in the order of ids */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberPage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    messages: {
        parameters: {
            query?: {
                /**
                 * @description Only messages newer than the one of this sequence, the oldest of them; 0 is the beginning. A page
                 *     ends before a message that may still be on its way, so that no cursor passes one.
                 */
                after?: number;
                /** @description Only messages older than the one of this sequence, the newest of them. Not with `after`. */
                before?: components["schemas"]["Sequence"];
                /** @description Messages at the most; a number over 200 means 200. */
                limit?: number;
            };
            header?: never;
            path: {
                room: components["schemas"]["RoomId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryPage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    moderation: {
        parameters: {
            query?: {
                /**
                 * @description The `next` of an earlier page.
                 * @example 001795509060123-0000beef
                 */
                before?: string;
                /** @description Entries at the most; a number over 200 means 200. */
                limit?: number;
            };
            header?: never;
            path: {
                room: components["schemas"]["RoomId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    room_moments: {
        parameters: {
            query?: {
                /** @description Moments at the most; a number over 200 means 200. */
                limit?: number;
            };
            header?: never;
            path: {
                room: components["schemas"]["RoomId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Moments"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    user_messages: {
        parameters: {
            query?: {
                /**
                 * @description The `next` of an earlier page; or milliseconds since 1970, for messages before that moment.
                 * @example 1795509060123.global.42
                 */
                before?: string;
                /** @description Messages at the most; a number over 200 means 200. */
                limit?: number;
            };
            header?: never;
            path: {
                user: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserMessagesPage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    erase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was taken away */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErasedMessages"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The database answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description The database does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
}
