async def test_root_fields_of_several_services_are_asked_side_by_side(ask):
    answer = await ask("{ book(isbn: 1) { title } latestReviews { stars } shelves { number } }")
    assert answer == {
        "data": {
            "book": {"title": "Book 1"},
            "latestReviews": [{"stars": 2}, {"stars": 3}],
            "shelves": [{"number": 1}, {"number": 2}, {"number": 3}, None],
        }
    }
    assert ask.sent() == {"books": 1, "reviews": 1, "stock": 1}


async def test_a_list_is_joined_with_one_batch_a_step(ask):
    answer = await ask(
        "{ books(first: 6) { title reviews { stars by { name books { stars } } } } }"
    )
    assert answer["data"]["books"][0]["reviews"][0]["by"]["name"] == "Author 1"
    assert ask.sent() == {"books": 2, "reviews": 2}


async def test_an_entity_is_asked_for_once_however_often_it_is_met(ask):
    await ask("{ latestReviews(first: 11) { book { title } } }")
    [entities] = [one["variables"]["r0"] for one in ask.services["books"].asked]
    assert len(entities) == len({one["isbn"] for one in entities}) == 6


async def test_what_a_field_requires_is_fetched_before_it(ask):
    answer = await ask("{ topBooks { postage label } }")
    assert answer["data"]["topBooks"][0] == {"postage": 800, "label": "Author 2, POETRY"}


async def test_what_a_field_provides_is_not_asked_of_its_owner(ask):
    await ask("{ topBooks { title } }")
    assert ask.sent() == {"reviews": 1}


async def test_a_key_of_several_parts_leads_to_its_service(ask):
    answer = await ask("{ book(isbn: 1) { shelf { number room { floor } holds { title } } } }")
    assert answer["data"]["book"]["shelf"]["holds"] == [{"title": "Book 1"}, {"title": "Book 4"}]


async def test_an_overridden_field_is_asked_of_its_new_owner(ask):
    assert await ask("{ book(isbn: 2) { old } }") == {"data": {"book": {"old": "old 2"}}}
    assert ask.sent() == {"books": 1, "stock": 1}


async def test_interfaces_and_unions_are_joined_by_object_type(ask):
    answer = await ask(
        """{ items { __typename title ... on Book { stars } ...Length }
             latestReviews(first: 3) { about { __typename ... on Film { title } ...Named } } }
           fragment Length on Film { minutes reviews { id } }
           fragment Named on Book { name: title }"""
    )
    assert answer["data"]["items"][0] == {
        "__typename": "Film",
        "title": "Film 1",
        "minutes": 91,
        "reviews": [{"id": "r1"}],
    }
    assert answer["data"]["items"][2] == {"__typename": "Book", "title": "Book 1", "stars": 3.0}
    assert answer["data"]["latestReviews"] == [
        {"about": {"__typename": "Film", "title": "Film 1"}},
        {"about": {"__typename": "Film", "title": "Film 2"}},
        {"about": {"__typename": "Book", "name": None}},
    ]


async def test_aliases_with_different_arguments_are_kept_apart(ask):
    answer = await ask(
        "{ a: book(isbn: 1) { s: size t: size(unit: INCH) } b: book(isbn: 2) { id } }"
    )
    assert answer["data"] == {"a": {"s": 20, "t": 8}, "b": {"id": "b2"}}


async def test_renaming_aliases_changes_no_request(ask):
    await ask("{ a: book(isbn: 1) { title x: stars } }")
    first = [one.asked[:] for one in ask.services.values()]
    ask.sent()
    await ask("{ b: book(isbn: 1) { isbn: title y: stars } }")
    assert [one.asked for one in ask.services.values()] == first


async def test_variables_go_where_they_are_used_as_they_were_given(ask):
    query = """query Q($isbn: ID!, $first: Int = 1, $at: ShelfPlace!) {
        book(isbn: $isbn) { reviews(first: $first) { id } } shelf(at: $at) { number } }"""
    answer = await ask(query, {"isbn": "1", "at": {"room": 1, "number": 1}})
    assert answer["data"] == {"book": {"reviews": [{"id": "r1"}]}, "shelf": {"number": 1}}
    assert ask.services["stock"].asked[0]["variables"] == {"at": {"room": 1, "number": 1}}


async def test_what_is_skipped_is_not_fetched(ask):
    query = """query Q($with: Boolean!) { book(isbn: 1) { title postage @include(if: $with)
        ... @skip(if: $with) { stars } } }"""
    assert (await ask(query, {"with": True}))["data"]["book"] == {"title": "Book 1", "postage": 800}
    assert ask.sent() == {"books": 1, "stock": 1}
    assert (await ask(query, {"with": False}))["data"]["book"] == {"title": "Book 1", "stars": 3.0}
    assert ask.sent() == {"books": 1, "reviews": 1}


async def test_an_object_of_which_all_is_skipped_is_there_all_the_same(ask):
    query = """query Q($no: Boolean!) { book(isbn: 1) { title @include(if: $no) }
        none: book(isbn: 99) { title @include(if: $no) } }"""
    assert await ask(query, {"no": False}) == {"data": {"book": {}, "none": None}}


async def test_the_name_of_the_root_type_costs_no_request(ask):
    assert await ask("{ __typename }") == {"data": {"__typename": "Query"}}
    assert ask.sent() == {}


async def test_the_schema_can_be_asked_beside_data(ask):
    answer = await ask(
        '{ v: version { number } __type(name: "Genre") { enumValues { name } } s: __schema'
        " { mutationType { name } } }"
    )
    assert answer == {
        "data": {
            "v": {"number": 7},
            "__type": {"enumValues": [{"name": "NOVEL"}, {"name": "POETRY"}]},
            "s": {"mutationType": {"name": "Mutation"}},
        }
    }


async def test_the_public_schema_says_nothing_of_services(ask):
    answer = await ask("{ __schema { types { name } directives { name } } }")
    names = str(answer)
    assert "join__" not in names
    assert "_Entity" not in names


async def test_mutations_run_in_order_and_each_as_often_as_it_is_asked(ask):
    answer = await ask(
        """mutation { a: renameBook(isbn: 1, title: "x") { title stars }
             add: addReview(review: {isbn: 2, stars: 4}) { stars text book { title } }
             b: renameBook(isbn: 1, title: "x") { id } }"""
    )
    assert answer["data"] == {
        "a": {"title": "x", "stars": 3.0},
        "add": {"stars": 4, "text": "none", "book": {"title": "Book 2"}},
        "b": {"id": "b1"},
    }
    order = [one["query"] for one in ask.services["books"].asked if "mutation" in one["query"]]
    assert len(order) == 2


async def test_a_request_is_told_who_asks_and_until_when(ask):
    await ask("{ version { number } }", headers={"authorization": "Bearer x"})
    [headers] = ask.services["books"].headers
    assert headers["authorization"] == "Bearer x"
    assert 0 < int(headers["x-deadline-ms"]) <= 5000
