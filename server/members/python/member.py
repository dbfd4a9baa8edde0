"""The process of one member with confluent-kafka (librdkafka); what it is told and says: ../README.md."""

import json
import os
import queue
import signal
import sys
import threading
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaException

POLL_SECONDS = 0.1


def report(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def say(line):
    report({"type": "line", "epochMs": int(time.time() * 1000), "line": line})


def say_error(error):
    say({"type": "error", "exception": error.name(), "message": error.str()})


def say_callback(callback, partitions):
    ordered = sorted((partition.topic, partition.partition) for partition in partitions)
    names = [f"{topic}-{number}" for topic, number in ordered]
    say({"type": "callback", "callback": callback, "partitions": names})


def say_committed(partitions, how):
    offsets = {
        f"{partition.topic}-{partition.partition}": partition.offset
        for partition in partitions
        if partition.error is None and partition.offset >= 0
    }
    if offsets:
        say({"type": "committed", "offsets": offsets, "how": how})


class Member:
    def __init__(self, task):
        self.task = task
        self.consumer = None
        self.is_polling = True

    def live(self, orders, sasl):
        """The application's life; gives the exit code of its process."""
        try:
            self.consumer = Consumer(self.settings(sasl))
        except KafkaException as refused:
            say_error(refused.args[0])
            return 1
        self.subscribe(self.task["topics"])
        say({"type": "ready"})
        while True:
            order = self.next_order(orders)
            if order is None:
                error = self.work()
                if error is not None and error.fatal():
                    self.consumer.close()
                    return 1
            elif order["type"] == "close":
                self.consumer.close()
                return 0
            else:
                self.obey(order)

    def next_order(self, orders):
        try:
            return orders.get(block=not self.is_polling)
        except queue.Empty:
            return None

    def settings(self, sasl):
        return {
            "auto.offset.reset": "earliest",
            **self.task["config"],
            "client.id": self.task["name"],
            "group.id": self.task["group"],
            "bootstrap.servers": ",".join(self.task["brokers"]),
            "on_commit": self.on_commit,
            **sasl_settings(sasl),
        }

    def obey(self, order):
        kind = order["type"]
        if kind == "stall":
            time.sleep(order["forMs"] / 1000)
        elif kind == "pause":
            self.consumer.pause(self.consumer.assignment())
        elif kind == "resume":
            self.consumer.resume(self.consumer.assignment())
        elif kind == "commit":
            self.commit()
        elif kind == "subscribe":
            self.subscribe(order["topics"])
            self.is_polling = True
        elif kind == "unsubscribe":
            self.consumer.unsubscribe()
            self.is_polling = False
        else:
            sys.stderr.write(f"This order is not known: {order}\n")

    def work(self):
        """One poll, and the work on what it brings; gives the error that it brings instead."""
        message = self.consumer.poll(POLL_SECONDS)
        if message is None:
            return None
        if message.error() is not None:
            say_error(message.error())
            return message.error()
        say(
            {
                "type": "records",
                "partition": f"{message.topic()}-{message.partition()}",
                "firstOffset": message.offset(),
                "lastOffset": message.offset(),
            }
        )
        time.sleep(self.task["work"]["perRecordMs"] / 1000)
        return None

    def subscribe(self, topics):
        self.consumer.subscribe(
            topics, on_assign=self.on_assign, on_revoke=self.on_revoke, on_lost=self.on_lost
        )

    def commit(self):
        try:
            say_committed(self.consumer.commit(asynchronous=False), "sync")
        except KafkaException as refused:
            say_error(refused.args[0])

    def on_assign(self, _consumer, partitions):
        say_callback("assigned", partitions)

    def on_revoke(self, _consumer, partitions):
        say_callback("revoked", partitions)
        if self.task["work"]["commitInRevoked"]:
            self.commit()

    def on_lost(self, _consumer, partitions):
        say_callback("lost", partitions)

    def on_commit(self, error, partitions):
        if error is not None:
            return
        say_committed(partitions, "auto")


def sasl_settings(sasl):
    if sasl is None:
        return {}
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": sasl["mechanism"],
        "sasl.username": sasl["username"],
        "sasl.password": sasl["password"],
    }


def read_orders(orders):
    for line in sys.stdin:
        orders.put(json.loads(line))
    # The parent is gone: nobody would hear, and nobody would end this process.
    os._exit(1)


def main():
    # Ctrl-C in a terminal reaches the whole group; the parent decides what becomes of us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    member = Member(json.loads(sys.argv[1]))
    orders = queue.Queue()
    threading.Thread(target=read_orders, args=(orders,), daemon=True).start()
    version = f"confluent-kafka {confluent_kafka.__version__}"
    report({"type": "prepared", "client": "librdkafka", "version": version})
    order = orders.get()
    while order["type"] != "start":
        order = orders.get()
    # A daemon thread that still reads would end an ordinary exit with an error.
    code = member.live(orders, order["sasl"])
    sys.stdout.flush()
    os._exit(code)


main()
