"""What applications of App Engine's first years did with models, as App Engine did it.

Source: App Engine, `google.appengine.ext.db`, by running the SDK for Python 3.
"""

import pytest
from google.appengine.api import datastore
from google.appengine.ext import db

pytestmark = pytest.mark.usefixtures("pipe")


@pytest.fixture
def names():
    """Takes back what a test's references have given all models."""
    before = set(vars(db.Model))
    yield
    for name in set(vars(db.Model)) - before:
        delattr(db.Model, name)


@pytest.mark.usefixtures("names")
def test_a_reference_to_any_model_gives_all_of_them_a_collection():
    class Thing(db.Model):
        pass

    class Pointer(db.Model):
        to = db.ReferenceProperty(collection_name="pointers")
        also = db.ReferenceProperty()

    thing = Thing(key_name="t")
    thing.put()
    keys = db.put([Pointer(to=thing), Pointer(to=thing, also=thing)])
    assert sorted(found.key() for found in thing.pointers) == sorted(keys)
    assert thing.pointer_set.get().key() == keys[1]
    assert db.get(keys[0]).pointers.count() == 0


@pytest.mark.usefixtures("names")
def test_two_references_to_any_model_need_two_names():
    with pytest.raises(db.DuplicatePropertyError, match="Class Model already has property two_set"):

        class Two(db.Model):
            one = db.ReferenceProperty()
            other = db.ReferenceProperty()


@pytest.mark.usefixtures("names")
def test_a_class_made_anew_takes_the_place_of_the_old_one():
    def make():
        class Again(db.Model):
            to = db.ReferenceProperty()

        return Again

    def make_too():
        class Again(db.Model):
            to = db.ReferenceProperty()

        return Again

    make()
    again = make_too()
    target = again(key_name="x")
    target.put()
    again(to=target).put()
    assert isinstance(target.again_set.get(), again)


def test_an_expando_takes_no_name_between_double_underscores():
    class Open(db.Expando):
        pass

    with pytest.raises(db.ReservedWordError, match="beginning and ending with '__'"):
        Open(**{"__bad__": 1})
    found = Open(key_name="o")
    with pytest.raises(db.ReservedWordError, match="beginning and ending with '__'"):
        found.__bad__ = 1
    found._own = 1
    found.put()
    assert Open.get_by_key_name("o").dynamic_properties() == []


def test_the_callback_of_an_rpc_is_called_without_arguments():
    called = []
    rpc = db.create_rpc(deadline=5, callback=lambda: called.append("get"))
    key = datastore.Put(datastore.Entity("A"))
    db_operation = datastore.GetAsync(key, rpc=rpc)
    assert called == []
    db_operation.get_result()
    db_operation.get_result()
    assert called == ["get"]
    datastore.Delete(key, rpc=datastore.CreateRPC("datastore_v3", 5, lambda: called.append("del")))
    assert called == ["get", "del"]
    config = db.create_config(on_completion=called.append)
    operation = datastore.GetAsync([key], config=config)
    operation.wait()
    assert called[2:] == [operation]
    with pytest.raises(db.BadArgumentError, match="the service is 'datastore_v3'"):
        datastore.CreateRPC("memcache")
