"""Messages of any declared call, made from its declaration: right ones, and ones at the edges."""

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

MANY = 4
DEPTH = 5
LONG = 300


def messages(declared):
    """Returns a strategy for what a call's message may be, as plain values for msgpack."""
    return _of(inspect.type_info(declared), DEPTH)


def junk():
    """Returns a strategy for what is no message, or one only by chance."""
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=20),
        st.binary(max_size=50),
    )
    trees = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=12,
    )
    return st.binary(max_size=200) | trees.map(msgspec.msgpack.encode)


def _of(kind, depth):
    if depth < 0:
        return st.none()
    maker = MAKERS.get(type(kind))
    return maker(kind, depth) if maker else st.none()


def _integers(kind, _depth):
    least = -(2**63) if kind.ge is None else kind.ge
    most = 2**63 - 1 if kind.le is None else kind.le
    if kind.lt is not None:
        most = kind.lt - 1
    if kind.gt is not None:
        least = kind.gt + 1
    return st.integers(least, most) | st.sampled_from([least, most])


def _texts(kind, _depth):
    if kind.pattern is not None:
        return st.from_regex(kind.pattern)
    most = min(LONG, LONG if kind.max_length is None else kind.max_length)
    return st.text(min_size=kind.min_length or 0, max_size=max(most, kind.min_length or 0))


def _bytes(kind, _depth):
    most = min(LONG, LONG if kind.max_length is None else kind.max_length)
    return st.binary(min_size=kind.min_length or 0, max_size=max(most, kind.min_length or 0))


def _lists(kind, depth):
    least = kind.min_length or 0
    most = max(least, min(MANY, MANY if kind.max_length is None else kind.max_length))
    return st.lists(_of(kind.item_type, depth - 1), min_size=least, max_size=most)


def _structs(kind, depth):
    fields = {field.encode_name: _of(field.type, depth - 1) for field in kind.fields}
    if kind.array_like:
        items = list(fields.values())
        tagged = [st.just(kind.tag)] if kind.tag is not None else []
        return st.tuples(*tagged, *items).map(list)
    optional = {f.encode_name for f in kind.fields if not f.required}
    required = {name: value for name, value in fields.items() if name not in optional}
    if kind.tag is not None:
        required[kind.tag_field] = st.just(kind.tag)
    return st.fixed_dictionaries(required, optional={name: fields[name] for name in optional})


MAKERS = {
    inspect.IntType: _integers,
    inspect.StrType: _texts,
    inspect.BytesType: _bytes,
    inspect.BoolType: lambda kind, depth: st.booleans(),
    inspect.FloatType: lambda kind, depth: st.floats(),
    inspect.NoneType: lambda kind, depth: st.none(),
    inspect.ListType: _lists,
    inspect.VarTupleType: _lists,
    inspect.SetType: _lists,
    inspect.FrozenSetType: _lists,
    inspect.TupleType: lambda kind, depth: st.tuples(
        *(_of(item, depth - 1) for item in kind.item_types)
    ).map(list),
    inspect.DictType: lambda kind, depth: st.lists(
        st.tuples(_of(kind.key_type, depth - 1), _of(kind.value_type, depth - 1)), max_size=MANY
    ).map(_pairs),
    inspect.StructType: _structs,
    inspect.UnionType: lambda kind, depth: st.one_of(
        *(_of(each, depth - 1) for each in kind.types)
    ),
    inspect.LiteralType: lambda kind, depth: st.sampled_from(list(kind.values)),
    inspect.EnumType: lambda kind, depth: st.sampled_from([each.value for each in kind.cls]),
    inspect.AnyType: lambda kind, depth: st.none() | st.integers() | st.text(max_size=9),
    inspect.RawType: lambda kind, depth: st.none() | st.text(max_size=9),
    inspect.DateTimeType: lambda kind, depth: st.just("2026-01-01T00:00:00Z"),
}


def _pairs(pairs):
    """Returns a dictionary of the pairs whose keys can be keys."""
    found = {}
    for key, value in pairs:
        found[_frozen(key)] = value
    return found


def _frozen(key):
    return tuple(map(_frozen, key)) if isinstance(key, list) else key
