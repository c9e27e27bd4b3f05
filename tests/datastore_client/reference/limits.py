"""Limits, at each bound and just over it."""

from google.appengine.api import datastore
from google.appengine.ext import db
from google.appengine.runtime import apiproxy_errors

from .expecting import refusal


class Big(db.Expando):
    pass


def an_entity_has_at_most_1048572_bytes():
    def put(size, rest=1000):
        Big(key_name="x", blob=db.Blob(bytes(size)), rest=db.Text("r" * rest)).put()

    try:
        put(1_048_572)
    except apiproxy_errors.RequestTooLargeError as error:
        whole = int(str(error).partition(" has ")[2].split()[0])
    most = 1_048_572 - (whole - 1_048_572)
    put(most)
    assert len(Big.get_by_key_name("x").blob) == most
    with refusal(apiproxy_errors.RequestTooLargeError, "has 1048573 bytes; at most 1048572"):
        put(most + 1)
    with refusal(db.BadRequestError, "has 1048573 bytes; at most 1048572"):
        db.run_in_transaction(put, most + 1)
    with refusal(apiproxy_errors.RequestTooLargeError, "at most 1048572"):
        Big(key_name="x", **{f"t{n}": db.Text("x" * 400_000) for n in range(3)}).put()
    for far in (2_000_000, 40_000_000):
        with refusal(apiproxy_errors.RequestTooLargeError, "1048572"):
            put(far)
    assert len(Big.get_by_key_name("x").blob) == most


def names_and_cursors_that_are_too_long_are_refused():
    queries = [
        datastore.Query("x" * 501),
        datastore.Query("Big", {"x" * 501 + " =": 1}),
        datastore.Query("Big", projection=["é" * 251]),
        Big.all().order("-" + "x" * 501),
        db.GqlQuery("SELECT * FROM Big WHERE " + "x" * 501 + " = 1"),
    ]
    for query in queries:
        with refusal(db.BadRequestError, "at most 500 bytes"):
            query.count()
    with refusal(db.BadRequestError, "at most 100 properties"):
        db.Query(Big, projection=[f"p{n}" for n in range(101)]).get()
    with refusal(db.BadValueError, "at most 65536"):
        Big.all().with_cursor("A" * 100_000)
    assert datastore.Query("x" * 500).Count() == 0


def a_number_that_is_true_or_a_rating_is_a_number():
    start, end = db.allocate_ids(db.Key.from_path("Big", 1), True)
    assert end == start
    start, end = db.allocate_ids(db.Key.from_path("Big", 1), db.Rating(3))
    assert end == start + 2
    assert Big.all().fetch(True) == []


def a_text_or_a_blob_has_at_most_1048487_bytes():
    for longest in (db.Blob(bytes(1_048_487)), db.Text("é" * 524_243 + "x")):
        Big(key_name="x", p=longest).put()
        assert Big.get_by_key_name("x").p == longest
    for longer in (db.Blob(bytes(1_048_488)), db.Text("é" * 524_244)):
        with refusal(db.BadRequestError, "Property p is too long. Maximum length is 1048487."):
            Big(key_name="x", p=longer).put()
    assert Big.get_by_key_name("x").p == longest


def more_than_500_entities_are_put_got_and_deleted():
    keys = db.put([Big(n=n) for n in range(1001)])
    assert [big.n for big in db.get(keys)] == list(range(1001))
    db.delete(keys)
    assert db.get(keys) == [None] * 1001


def a_transaction_writes_at_most_500_entities():
    root = db.Key.from_path("Big", "root")
    items = [Big(parent=root, key_name=f"n{n}") for n in range(501)]
    with refusal(db.BadRequestError, "500"):
        db.run_in_transaction(db.put, items)
    assert Big.all().count() == 0
    db.run_in_transaction(db.put, items[:500])
    assert Big.all().count() == 500


def an_entity_has_at_most_20000_index_rows():
    place = datastore.Entity("Big", name="x")
    place["l"] = list(range(19_999))
    datastore.Put(place)
    assert datastore.Query("Big", {"l =": 19_998}).Count() == 1
    place["l"] = list(range(20_000))
    with refusal(db.BadRequestError, "20000"):
        datastore.Put(place)


def rows_of_composites_count_too_and_an_exploding_index_refuses_the_entity():
    datastore.Put(two_lists("small", 2, 2))
    query = datastore.Query("Big", {"x =": 1}).Order("y")
    assert query.Count() == 1
    most = two_lists("most", 124, 159)  # 124 * 159 + 124 + 159, and one for the kind, are 20,000
    datastore.Put(most)
    assert query.Count() == 2
    most["one"] = "more"
    with refusal(db.BadRequestError, "exploding"):
        datastore.Put(most)
    with refusal(db.BadRequestError, "exploding"):
        datastore.Put([two_lists("new", 1, 1), two_lists("large", 150, 150)])
    assert datastore.Query("Big").Count() == 2
    assert "one" not in datastore.Get(most.key())


def rows_of_composites_have_at_most_two_megabytes_together():
    datastore.Put(two_lists("small", 2, 2))
    query = datastore.Query("Big", {"x =": 1}).Order("y")
    assert query.Count() == 1
    large = datastore.Entity("Big", name="large")
    large["x"] = [f"{n:1000}" for n in range(20)]
    large["y"] = list(range(100))  # 2,000 rows of some more than 1,000 bytes
    datastore.Put(large)
    long = datastore.Query("Big", {"x =": f"{19:1000}"}).Order("y")
    assert [entity.key().name() for entity in long.Run()] == ["large"]
    large["y"] = list(range(105))
    with refusal(db.BadRequestError, "2097152 bytes"):
        datastore.Put(large)
    assert len(datastore.Get(large.key())["y"]) == 100


def two_lists(name, first, second):
    entity = datastore.Entity("Big", name=name)
    entity.update({"x": list(range(first)), "y": list(range(second))})
    return entity


def long_texts_that_differ_in_the_last_byte_are_told_apart():
    texts = [("x" * 1499) + end for end in "cab\0"]
    for number, text in enumerate(texts):
        Big(key_name=f"n{number}", s=text, t=text, u=text, v=text).put()
    order = ["n3", "n1", "n2", "n0"]
    assert [big.key().name() for big in Big.all().order("s")] == order
    assert [big.key().name() for big in Big.all().order("-s")] == order[::-1]
    four = Big.all().order("s").order("t").order("-u").order("v")
    assert [big.key().name() for big in four] == order
    for number, text in enumerate(texts):
        assert [big.key().name() for big in Big.all().filter("s", text)] == [f"n{number}"]
        assert Big.all().filter("s >=", text).filter("s <=", text).count() == 1
        three = Big.all().filter("s", text).filter("t", text).filter("u", text).order("v")
        assert [big.key().name() for big in three] == [f"n{number}"]


def composites_of_four_long_texts_tell_apart_which_of_them_differs():
    long, names = "y" * 1500, ["s", "t", "u", "v"]
    for name in names:
        texts = dict.fromkeys(names, long) | {name: "y" * 1499 + "z"}
        Big(key_name=name, **texts).put()
    Big(key_name="none", **dict.fromkeys(names, long)).put()
    zeros = ["\0" * 1500, "\0" * 1499, "\0" * 1499 + "\1"]
    for number, text in enumerate(zeros):
        Big(key_name=f"zero{number}", **dict.fromkeys(names, text)).put()
    four = Big.all().order("s").order("t").order("u").order("v")
    order = ["zero1", "zero0", "zero2", "none", "v", "u", "t", "s"]
    assert [big.key().name() for big in four] == order
    assert [big.key().name() for big in four.run(batch_size=1)] == order
    down = Big.all().order("-s").order("-t").order("-u").order("-v")
    assert [big.key().name() for big in down] == order[::-1]
    for name in names:
        wanted = Big.all().order("v")
        for each in names[:-1]:
            wanted.filter(f"{each} =", "y" * 1499 + "z" if each == name else long)
        found = [big.key().name() for big in wanted]
        assert found == ([name] if name != "v" else ["none", "v"])
    for number, text in enumerate(zeros):
        assert Big.all().filter("s =", text).get().key().name() == f"zero{number}"


def a_property_name_has_at_most_500_bytes():
    name = "n" * 500
    entity = datastore.Entity("Big", name="x")
    entity[name] = 1
    datastore.Put(entity)
    assert datastore.Query("Big", {f"{name} =": 1}).Count() == 1
    for bad in (name + "n", "é" * 250 + "n"):
        entity = datastore.Entity("Big", name="y")
        entity[bad] = 1
        with refusal(db.BadRequestError, "500"):
            datastore.Put(entity)


def reads_with_the_eventual_policy_are_answered():
    place = Big(n=1).put()
    assert db.get(place, read_policy=db.EVENTUAL_CONSISTENCY).n == 1
    assert next(iter(Big.all().run(read_policy=db.EVENTUAL_CONSISTENCY))).n == 1
