import asyncio
import base64
import io
import json
import time

import pytest

from tests.support.sample.fixtures import Sample

WRITE = 'mutation($title: String!, $key: String) { writeNote(title: $title, cost: "1.50", '
WRITE += "idempotencyKey: $key) { done counts { name value } message refused { code } } }"
NOTES = "query($first: Int, $after: String) { notes(first: $first, after: $after) { totalCount "
NOTES += "pageInfo { hasNextPage hasPreviousPage endCursor } edges { node { title cost } } } }"


async def nothing_came_of_it(sample: Sample) -> None:
    assert await sample.count("note") == 0
    assert await sample.count("chassis.outbox") == 0


async def test_a_command_is_answered_and_its_event_recorded(sample: Sample) -> None:
    answer = await sample.ask(WRITE, {"title": "Bread"})
    assert answer.data["writeNote"]["message"] == "1 note was written."
    assert (await sample.count("note"), await sample.count("chassis.outbox")) == (1, 1)


async def test_a_list_is_paged_by_its_keys_and_counted_when_asked(sample: Sample) -> None:
    for title in ("Bread", "Apples", "Cheese"):
        await sample.ask(WRITE, {"title": title})
    first = (await sample.ask(NOTES, {"first": 2})).data["notes"]
    assert [edge["node"]["title"] for edge in first["edges"]] == ["Apples", "Bread"]
    assert first["totalCount"] == 3
    assert first["pageInfo"]["hasNextPage"]
    after = first["pageInfo"]["endCursor"]
    second = (await sample.ask(NOTES, {"first": 2, "after": after})).data["notes"]
    assert [edge["node"] for edge in second["edges"]] == [{"title": "Cheese", "cost": "1.50"}]
    assert second["pageInfo"]["hasPreviousPage"]
    assert not second["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 1_001}, "PAGE_TOO_LONG"),
        ({"first": -1}, "PAGE_TOO_LONG"),
        ({"after": "bm9uc2Vuc2U"}, "CURSOR_NOT_VALID"),
        ({"after": "WyJvbmUiXQ"}, "CURSOR_NOT_VALID"),
        ({"after": "é"}, "CURSOR_NOT_VALID"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    sample: Sample, variables: dict[str, object], code: str
) -> None:
    assert (await sample.ask(NOTES, variables)).code == code


async def test_everybody_may_read_the_schema_and_nothing_else(sample: Sample) -> None:
    answer = await sample.ask("{ _service { sdl } __typename }", token="")
    assert "type Note" in answer.data["_service"]["sdl"]
    for query in ("{ today }", "{ __schema { types { name } } }", "mutation { __typename }"):
        answer = await sample.ask(query, token="")
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_fragment_does_not_smuggle_a_field_past_the_token(sample: Sample) -> None:
    query = "{ ...F } fragment F on Query { today }"
    assert (await sample.ask(query, token="")).status == 401


async def test_a_token_that_is_wrong_is_refused_with_the_part(sample: Sample) -> None:
    issuer = sample.issuer
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    wrong = {
        "expiry": issuer.token(exp=int(time.time()) - 3_600),
        "audience": issuer.token(aud="another"),
        "issuer": issuer.token(iss="https://another.example"),
        "form": "nonsense",
        "algorithm": f"{head}.{issuer.token().split('.')[1]}.",
    }
    for part, token in wrong.items():
        answer = await sample.ask(WRITE, {"title": "Bread"}, token=token)
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
        assert answer.body["errors"][0]["extensions"]["facts"] == {"part": part}
    await nothing_came_of_it(sample)


async def test_a_bad_token_is_refused_even_for_what_everybody_may_know(sample: Sample) -> None:
    assert (await sample.ask("{ __typename }", token="nonsense")).status == 401


async def test_another_scheme_than_bearer_is_refused(sample: Sample) -> None:
    answer = await sample.send({"query": "{ today }"}, headers={"Authorization": "Basic YTpi"})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_a_stranger_with_a_token_asks_for_what_is_open_to_strangers_alone(
    sample: Sample,
) -> None:
    token = sample.issuer.token("nobody")
    for asked in ("{ welcome }", "query A { word: welcome __typename }"):
        assert "Welcome, nobody, of ''." in (await sample.ask(asked, token=token)).data.values()
    for refused in (
        "{ welcome today }",
        "{ ...More } fragment More on Query { welcome }",
        "query A { welcome } query B { today }",
        "{ " + "welcome " * 1_000 + "}",
        "nonsense",
    ):
        answer = await sample.ask(refused, token=token)
        assert (answer.status, answer.code) == (403, "PERSON_NOT_KNOWN"), refused[:40]
    assert (await sample.ask("{ welcome }", token="")).status == 401
    known = await sample.ask("{ welcome today }")
    assert known.data["welcome"] == "Welcome, anna, of 'A1'."
    elsewhere = await sample.ask("{ welcome }", X_Acting_For="A2")
    assert (elsewhere.status, elsewhere.code) == (403, "NOT_LINKED")


async def test_whoever_is_not_known_or_not_linked_is_refused(sample: Sample) -> None:
    stranger = await sample.ask("{ today }", token=sample.issuer.token("nobody"))
    assert (stranger.status, stranger.code) == (403, "PERSON_NOT_KNOWN")
    unlinked = await sample.ask("{ today }", X_Acting_For="A2")
    assert (unlinked.status, unlinked.code) == (403, "NOT_LINKED")
    assert (await sample.ask("{ today }", X_Acting_For="A1")).status == 200


async def test_a_role_that_does_not_suffice_is_refused(sample: Sample) -> None:
    answer = await sample.ask(WRITE, {"title": "Bread"}, token=sample.issuer.token("rita"))
    assert (answer.status, answer.code) == (200, "ROLE_REQUIRED")
    assert answer.body["errors"][0]["path"] == ["writeNote"]
    assert answer.body["errors"][0]["extensions"]["facts"] == {"role": "WRITER"}
    await nothing_came_of_it(sample)


async def test_a_refusal_has_a_code_and_the_field_at_fault(sample: Sample) -> None:
    answer = await sample.ask(WRITE, {"title": ""})
    extensions = answer.body["errors"][0]["extensions"]
    assert extensions == {"code": "TITLE_MISSING", "field": "title"}
    await nothing_came_of_it(sample)


async def test_a_broken_constraint_is_the_refusal_it_stands_for(sample: Sample) -> None:
    await sample.ask(WRITE, {"title": "Bread"})
    assert (await sample.ask(WRITE, {"title": "Bread"})).code == "TITLE_TAKEN"
    assert (await sample.count("note"), await sample.count("chassis.outbox")) == (1, 1)


async def test_a_bug_shows_a_request_id_and_no_detail(sample: Sample) -> None:
    answer = await sample.ask("{ broken today }")
    assert answer.body["data"]["broken"] is None
    assert answer.body["data"]["today"]
    (error,) = answer.body["errors"]
    assert error["extensions"] == {
        "code": "INTERNAL",
        "requestId": answer.headers["X-Request-Id"],
    }
    assert "hunter2" not in json.dumps(answer.body)


async def test_what_may_pass_in_a_moment_says_so_without_detail(sample: Sample) -> None:
    answer = await sample.ask("{ unreachable }")
    assert (answer.status, answer.code) == (200, "TRY_AGAIN")
    assert "10.0.0.1" not in json.dumps(answer.body)


async def test_what_is_not_graphql_of_this_schema_is_the_callers_fault(sample: Sample) -> None:
    assert (await sample.ask("{ nothing")).code == "GRAPHQL_PARSE_FAILED"
    assert (await sample.ask("{ nothing }")).code == "GRAPHQL_VALIDATION_FAILED"
    assert (await sample.ask(WRITE, {"title": 5})).code == "GRAPHQL_VALIDATION_FAILED"
    cost = 'mutation { writeNote(title: "a", cost: "1.555") { done } }'
    assert (await sample.ask(cost)).code == "GRAPHQL_VALIDATION_FAILED"
    await nothing_came_of_it(sample)


async def test_a_variable_that_does_not_fit_is_named(sample: Sample) -> None:
    write = 'mutation($cost: Pounds!) { writeNote(title: "a", cost: $cost) { done } }'
    answer = await sample.ask(write, {"cost": "1.555"})
    assert answer.code == "GRAPHQL_VALIDATION_FAILED"
    message = answer.body["errors"][0]["message"]
    assert message.startswith("Variable '$cost' has invalid value: Expected a string")
    await nothing_came_of_it(sample)


@pytest.mark.parametrize(
    "body",
    [[], "x", {}, {"query": 5}, {"query": "{ today }", "variables": []}, {"query": None}],
)
async def test_what_is_no_graphql_request_is_400(sample: Sample, body: object) -> None:
    answer = await sample.send(body, headers={"Authorization": f"Bearer {sample.issuer.token()}"})
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


async def test_an_operation_that_is_not_there_is_400(sample: Sample) -> None:
    answer = await sample.send(
        {"query": "query A { today }", "operationName": "B"},
        headers={"Authorization": f"Bearer {sample.issuer.token()}"},
    )
    assert answer.status in (200, 400)
    assert answer.code in ("BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED")


async def test_only_json_is_taken(sample: Sample) -> None:
    url, headers = f"{sample.address}/graphql", {"Content-Type": "text/plain"}
    async with sample.http.post(url, data="{}", headers=headers) as response:
        assert response.status == 415
    async with sample.http.get(url, allow_redirects=False) as response:
        assert response.status == 405


async def test_a_body_too_large_is_413_however_it_is_sent(sample: Sample) -> None:
    url = f"{sample.address}/graphql"
    headers = {"Content-Type": "application/json"}
    large = json.dumps({"query": "x" * 1_100_000}).encode()

    async def chunked() -> object:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    for body in (io.BytesIO(large), chunked()):
        async with sample.http.post(url, data=body, headers=headers) as response:
            assert response.status == 413
            answer = await response.json()
            assert answer["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


async def test_a_document_that_would_hold_up_validation_is_refused(sample: Sample) -> None:
    answer = await sample.ask("{ " + "today " * 5_000 + "}")
    assert answer.code == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize(
    "query",
    [
        "{ a" * 1_300 + "}" * 1_300,
        "{ today(a: " + "[" * 3_000 + "]" * 900 + ") }",
        'mutation { writeNote(title: "a", cost: "1.00", x: ' + "{a:" * 1_200 + "}" * 1_200 + ") }",
    ],
    ids=["selections", "lists", "objects"],
)
@pytest.mark.parametrize("token", [None, ""], ids=["with a token", "without"])
async def test_a_document_nested_beyond_measure_is_the_callers_fault(
    sample: Sample, query: str, token: str | None
) -> None:
    answer = await sample.ask(query, token=token)
    assert answer.code == ("UNAUTHENTICATED" if token == "" else "GRAPHQL_PARSE_FAILED")


@pytest.mark.parametrize("given", ["9" * 5_000, "", "-1", "1e3", "soon"])
async def test_a_deadline_that_is_none_is_passed_over(sample: Sample, given: str) -> None:
    assert (await sample.ask("{ today }", X_Deadline_Ms=given)).status == 200


async def test_a_text_that_cannot_be_stored_is_refused(sample: Sample) -> None:
    assert (await sample.ask(WRITE, {"title": "a\0b"})).code == "TEXT_NOT_VALID"
    await nothing_came_of_it(sample)


@pytest.mark.parametrize("key", ["", "k" * 201, "k\0"], ids=["empty", "long", "unstorable"])
async def test_a_key_that_cannot_be_kept_is_refused(sample: Sample, key: str) -> None:
    answer = await sample.ask(WRITE, {"title": "Bread", "key": key})
    assert answer.code in ("KEY_NOT_VALID", "TEXT_NOT_VALID")
    await nothing_came_of_it(sample)


async def test_the_callers_deadline_ends_the_work_in_the_database(sample: Sample) -> None:
    began = time.monotonic()
    answer = await sample.ask("{ slow }", X_Deadline_Ms="300")
    assert time.monotonic() - began < 5
    assert answer.code == "TRY_AGAIN"
    running = "select count(*) from pg_stat_activity where query like 'select pg_sleep%'"
    async with sample.running.database.reader() as reader:
        busy = await reader.fetchval(running + " and state = 'active' and pid <> pg_backend_pid()")
    assert busy == 0


async def test_the_same_key_twice_is_done_once(sample: Sample) -> None:
    answers = await asyncio.gather(
        *(sample.ask(WRITE, {"title": "Bread", "key": "k1"}) for _ in range(2))
    )
    answers.append(await sample.ask(WRITE, {"title": "Bread", "key": "k1"}))
    done = {answer.data["writeNote"]["done"][0] for answer in answers}
    assert len(done) == 1
    assert (await sample.count("note"), await sample.count("chassis.outbox")) == (1, 1)


async def test_the_same_key_with_other_input_is_refused(sample: Sample) -> None:
    await sample.ask(WRITE, {"title": "Bread", "key": "k1"})
    other = await sample.ask(WRITE, {"title": "Cheese", "key": "k1"})
    assert other.code == "KEY_REUSED"
    assert other.body["errors"][0]["extensions"]["field"] == "idempotencyKey"
    assert (await sample.count("note"), await sample.count("chassis.outbox")) == (1, 1)


async def test_how_the_input_is_spelt_does_not_make_it_another(sample: Sample) -> None:
    await sample.ask(WRITE, {"title": "Bread", "key": "k1"})
    again = 'mutation { w: writeNote(idempotencyKey: "k1", cost: "1.5", title: "Bread") { done } }'
    assert "errors" not in (await sample.ask(again)).body
    assert await sample.count("note") == 1


async def test_an_entity_is_found_within_the_callers_scope_only(sample: Sample) -> None:
    written = (await sample.ask(WRITE, {"title": "Bread"})).data["writeNote"]["done"][0]
    query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Note { title } } }"
    asked = {"r": [{"__typename": "Note", "id": written}]}
    assert (await sample.ask(query, asked)).data == {"_entities": [{"title": "Bread"}]}
    other = sample.issuer.token("otto")
    answer = await sample.ask(query, asked, token=other)
    assert answer.body["data"] == {"_entities": [None]}
    (error,) = answer.body["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["_entities", 0], "NOT_FOUND")
    assert written in error["message"]


async def test_a_representation_that_cannot_be_costs_itself_alone(sample: Sample) -> None:
    written = (await sample.ask(WRITE, {"title": "Bread"})).data["writeNote"]["done"][0]
    query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Note { title } } }"
    wrong = [
        ({"__typename": "Note", "id": "x"}, "ID_NOT_VALID"),
        ({"__typename": "Note", "id": 5}, "ID_NOT_VALID"),
        ({"__typename": "Note", "id": {"a": 1}}, "REPRESENTATION_NOT_VALID"),
        ({"__typename": "Note"}, "REPRESENTATION_NOT_VALID"),
        ({"__typename": "Nothing", "id": written}, "REPRESENTATION_NOT_VALID"),
        ({"__typename": "Query"}, "REPRESENTATION_NOT_VALID"),
        ({"id": written}, "REPRESENTATION_NOT_VALID"),
        ("Note", "REPRESENTATION_NOT_VALID"),
    ]
    good = {"__typename": "Note", "id": written, "info": 1, "cls": 2, "more": 3}
    answer = await sample.ask(query, {"r": [good, *(one for one, _ in wrong)]})
    assert answer.body["data"]["_entities"] == [{"title": "Bread"}] + [None] * len(wrong)
    told = {error["path"][1]: error["extensions"]["code"] for error in answer.body["errors"]}
    assert told == {place: code for place, (_, code) in enumerate(wrong, start=1)}


async def test_requests_are_measured_by_field_and_outcome(sample: Sample) -> None:
    await sample.ask("{ today }")
    await sample.ask("{ broken }")
    status, text = await sample.get("/metrics")
    assert status == 200
    assert 'cqrs_graphql_seconds_count{field="today",outcome="OK"}' in text
    assert 'cqrs_graphql_seconds_count{field="broken",outcome="INTERNAL"}' in text
