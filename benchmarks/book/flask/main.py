"""The measured book in Flask: greetings and counters, with SQLAlchemy's ORM on SQLite."""

import json
import os
import sqlite3
from datetime import datetime, timedelta

from flask import Flask, Response
from sqlalchemy import Connection, Index, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

EPOCH = datetime(2008, 4, 7)
RESULTS = 20


class Base(DeclarativeBase):
    """Base of the mapped classes."""


class Greeting(Base):
    """One signature; author and date are indexed."""

    __tablename__ = "greeting"
    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(index=True)
    content: Mapped[str]
    date: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (Index("greeting_author_date", "author", "date"),)


class Counter(Base):
    """A number that goes up by one at a time."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


engine = create_engine(
    f"sqlite:///{os.environ['BOOK_FILE']}",
    pool_size=int(os.environ["BOOK_THREADS"]),
    connect_args={"timeout": 30.0, "isolation_level": None},
)
writing = engine.execution_options(writes=True)


@event.listens_for(engine, "connect")
def prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Sets what the platform sets: write-ahead log, its length, synchronous=NORMAL."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA synchronous = NORMAL")


@event.listens_for(engine, "begin")
def begin(connection: Connection) -> None:
    """Begins as SQLAlchemy's pages on SQLite say; who will write takes the lock at once."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


with writing.begin() as first:  # the workers start at once: one makes the tables
    Base.metadata.create_all(first)
engine.dispose()

app = Flask(__name__)


def make_greeting(number: int) -> Greeting:
    """Returns the greeting of a number; both applications make the same."""
    return Greeting(
        author=f"author {number % 20}",
        content=f"greeting {number}\n" + "It was a pleasure to be here. " * 6,
        date=EPOCH + timedelta(seconds=number),
    )


def show(greeting: Greeting) -> dict[str, str]:
    """Returns a greeting as a client sees it."""
    return {
        "author": greeting.author,
        "content": greeting.content,
        "date": greeting.date.isoformat(),
    }


def answer(value: object) -> Response:
    """Returns the whole body."""
    return Response(json.dumps(value), mimetype="application/json")


@app.get("/hello")
def hello() -> Response:
    """Answers the same always: what a page costs that stores and finds nothing."""
    return answer("hello")


@app.post("/load/<int:first>/<int:count>")
def load(first: int, count: int) -> Response:
    """Stores many greetings at once; answers how many."""
    with Session(writing) as session, session.begin():
        session.add_all([make_greeting(first + each) for each in range(count)])
    return answer(count)


@app.post("/sign/<int:number>")
def sign(number: int) -> Response:
    """Stores one greeting; answers its id."""
    with Session(writing, expire_on_commit=False) as session:
        greeting = make_greeting(number)
        session.add(greeting)
        session.commit()
        return answer(greeting.id)


@app.get("/read/<int:number>")
def read(number: int) -> Response:
    """Shows one greeting."""
    with Session(engine) as session:
        return answer(show(session.get_one(Greeting, number)))


@app.get("/latest")
def latest() -> Response:
    """Shows the newest greetings."""
    with Session(engine) as session:
        query = select(Greeting).order_by(Greeting.date.desc()).limit(RESULTS)
        return answer([show(each) for each in session.scalars(query)])


@app.get("/author/<int:number>")
def by_author(number: int) -> Response:
    """Shows the newest greetings of one author."""
    with Session(engine) as session:
        query = select(Greeting).where(Greeting.author == f"author {number}")
        query = query.order_by(Greeting.date.desc()).limit(RESULTS)
        return answer([show(each) for each in session.scalars(query)])


@app.post("/increment/<name>")
def increment(name: str) -> Response:
    """Counts one up, in a transaction; answers the new count."""
    with Session(writing) as session, session.begin():
        counter = session.get(Counter, name)
        if counter is None:
            counter = Counter(name=name, count=0)
            session.add(counter)
        counter.count += 1
        return answer(counter.count)
