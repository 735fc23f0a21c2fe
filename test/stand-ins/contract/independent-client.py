"""A second, independent client (azure-servicebus on uamqp) against the stand-in.

Arguments: TLS port, path of the certificate to trust, key name, key. Prints one line for each step that went as it should;
a step that does not raises, which ends the run. Management operations (peek, renew, schedule by call) and a wrong key are left out: Debian's
uamqp 1.5.3 corrupts its own memory there whatever the answer; the JavaScript SDK covers them.
"""
import datetime
import os
import sys

from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusReceiveMode, ServiceBusSubQueue
from azure.servicebus.exceptions import ServiceBusError

port, certificate, key_name, key = sys.argv[1:5]
QUEUE = "contract-plain"
CONNECTION = f"Endpoint=sb://localhost:{port};SharedAccessKeyName={key_name};SharedAccessKey={key}"


def client(connection=CONNECTION):
    return ServiceBusClient.from_connection_string(connection, connection_verify=certificate, retry_total=0)


def expect(step, condition, seen=None):
    if not condition:
        raise AssertionError(f"{step}: {seen!r}")
    print(step, flush=True)


def one(receiver):
    messages = receiver.receive_messages(max_message_count=1, max_wait_time=5)
    if len(messages) != 1:
        raise AssertionError(f"no message came from {receiver.entity_path}")
    return messages[0]


def refused(step, connection, queue):
    """Sends where it must fail, in a process of its own: uamqp 1.5.3 may crash while it takes down a refused link."""
    child = os.fork()
    if child == 0:
        try:
            with client(connection) as bus, bus.get_queue_sender(queue) as sender:
                sender.send_messages(ServiceBusMessage("lost"))
        except ServiceBusError:
            print(step, flush=True)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


refused("missing entity refused", CONNECTION, "nowhere")

with client() as bus:
    with bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages(ServiceBusMessage("hello", message_id="m-1", application_properties={"colour": "red"}))
        message = one(receiver)
        properties = {k.decode() if isinstance(k, bytes) else k: v for k, v in (message.application_properties or {}).items()}
        expect("received", str(message) == "hello" and message.message_id == "m-1" and message.delivery_count == 0, message)
        expect("properties", properties.get("colour") in (b"red", "red"), properties)

        receiver.abandon_message(message)
        message = one(receiver)
        expect("abandoned", message.delivery_count == 1, message.delivery_count)

        receiver.complete_message(message)
        expect("completed", receiver.receive_messages(max_wait_time=1) == [])

        batch = sender.create_message_batch()
        for text in ("a", "b"):
            batch.add_message(ServiceBusMessage(text))
        sender.send_messages(batch)
        first, second = one(receiver), one(receiver)
        expect("batch", [str(first), str(second)] == ["a", "b"], (first, second))
        receiver.complete_message(first)
        receiver.defer_message(second)
        expect("deferred", receiver.receive_messages(max_wait_time=1) == [])

        sender.send_messages(ServiceBusMessage("bad"))
        receiver.dead_letter_message(one(receiver), reason="broken", error_description="no field x")
        with bus.get_queue_receiver(
            QUEUE, sub_queue=ServiceBusSubQueue.DEAD_LETTER, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
        ) as dead:
            message = one(dead)
            expect("dead-lettered", message.dead_letter_reason == "broken", message.dead_letter_reason)
            expect("described", message.dead_letter_error_description == "no field x", message.dead_letter_error_description)

        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
        sender.send_messages(ServiceBusMessage("later", scheduled_enqueue_time_utc=due))
        message = one(receiver)
        expect("scheduled", str(message) == "later" and datetime.datetime.now(datetime.timezone.utc) >= due, message)
        receiver.complete_message(message)

        sender.send_messages(ServiceBusMessage("slow"))
        one(receiver)
        again = one(receiver)
        expect("lock ended", again.delivery_count == 1, again.delivery_count)
        receiver.complete_message(again)

    with bus.get_topic_sender("contract-topic") as sender:
        sender.send_messages(ServiceBusMessage("to all", subject="red", message_id="m-topic"))
    for name in ("all", "red"):
        with bus.get_subscription_receiver("contract-topic", name, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
            expect(f"subscription {name}", str(one(receiver)) == "to all")

# Without the interpreter's teardown, for the same reason.
sys.stdout.flush()
os._exit(0)
