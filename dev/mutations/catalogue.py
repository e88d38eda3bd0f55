"""The mistakes: those that the reliability of systems like this one is usually lost to."""

from dev.mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        "ack-before-outcome",
        "acknowledge first, so that the queue is free early",
        "services/renderer/messaging/consumer.py",
        """                    await self._publish(event)
                    failpoint("settle.published")
                    await message.ack()
""",
        """                    await message.ack()
                    await self._publish(event)
                    failpoint("settle.published")
""",
        "tests/integration/renderer/test_settling.py",
    ),
    Mutation(
        "ack-before-retry",
        "the copy for the next attempt will surely be published",
        "services/renderer/messaging/consumer.py",
        """                    await self._send_again(message, attempt)
                    failpoint("retry.published")
                    await message.ack()
""",
        """                    await message.ack()
                    await self._send_again(message, attempt)
                    failpoint("retry.published")
""",
        "tests/integration/renderer/test_settling.py",
    ),
    Mutation(
        "ack-before-row",
        "an outcome in memory is as good as written",
        "services/gateway/consumer.py",
        """        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
""",
        """        await message.ack()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
""",
        "tests/integration/gateway/test_settling.py",
    ),
    Mutation(
        "mark-sent-before-confirm",
        "a message that was sent has arrived",
        "services/gateway/relay.py",
        "                return sent, error\n",
        "                return [*sent, row], error\n",
        "tests/integration/gateway/test_relay.py",
    ),
    Mutation(
        "unroutable-blocks-the-outbox",
        "a row that no queue takes is tried until it is taken",
        "services/gateway/relay.py",
        """                await db.execute(SQL["park"], row["position"])
""",
        """                return sent, BrokerUnavailable(str(error))
""",
        "tests/integration/gateway/test_relay.py",
    ),
    Mutation(
        "no-skip-locked",
        "FOR UPDATE is enough for two relays",
        "services/gateway/sql/outbox.sql",
        "FOR UPDATE SKIP LOCKED",
        "FOR UPDATE",
        "tests/integration/gateway/test_relay.py",
    ),
    Mutation(
        "no-lock-at-all",
        "there is only one relay",
        "services/gateway/sql/outbox.sql",
        "\nFOR UPDATE SKIP LOCKED",
        "",
        "tests/integration/gateway/test_relay.py",
    ),
    Mutation(
        "no-guard-on-the-end",
        "a completed event means that it is completed",
        "services/gateway/sql/exports.sql",
        """    ended_at      = now(),
    heard_at      = now()
WHERE e.id = $1 AND e.status = ANY($2::text[])
""",
        """    ended_at      = now(),
    heard_at      = now()
WHERE e.id = $1 AND $2::text[] IS NOT NULL
""",
        "tests/integration/gateway/test_store.py tests/integration/gateway/test_store_model.py",
    ),
    Mutation(
        "progress-revives",
        "news of an export means that it runs",
        "services/gateway/exports.py",
        "    if not export.running or (news.attempt, news.sequence) <= (export.attempt, export.sequence):\n",
        "    if (news.attempt, news.sequence) <= (export.attempt, export.sequence):\n",
        "tests/unit/gateway/test_exports.py",
    ),
    Mutation(
        "position-goes-back",
        "the row is always newer than what was heard",
        "services/gateway/stream.py",
        "        if before is None or export.position > before.position:\n",
        "        if True:\n",
        "tests/unit/gateway/test_stream.py tests/unit/gateway/test_following_model.py",
    ),
    Mutation(
        "last-event-id-ignored",
        "a client that comes back starts anew",
        "services/gateway/routes/events.py",
        "            if export.position > follower.seen:\n",
        "            if True:\n",
        "tests/integration/gateway/test_events.py",
    ),
    Mutation(
        "idempotency-key-ignored",
        "each request is an export",
        "services/gateway/store.py",
        "    if key is not None and (row :=",
        "    if key is None and (row :=",
        "tests/integration/gateway/test_store.py",
    ),
    Mutation(
        "quota-can-be-raced",
        "counting before inserting is enough",
        "services/gateway/store.py",
        """            await db.execute(SQL["lock_institution"], export.institution_id)
""",
        "",
        "tests/integration/gateway/test_store.py",
    ),
    Mutation(
        "no-institution-check",
        "an id nobody can guess needs no owner",
        "services/gateway/sql/exports.sql",
        "SELECT * FROM exports.export WHERE id = $1 AND institution_id = $2 AND exam_id = $3",
        "SELECT * FROM exports.export WHERE id = $1 AND $2 <> '' AND exam_id = $3",
        "tests/integration/gateway/test_store.py",
    ),
    Mutation(
        "crash-loops-for-ever",
        "the next renderer will survive it",
        "contracts/topology.py",
        """                "x-delivery-limit": DELIVERY_LIMIT,
""",
        "",
        "tests/integration/common/test_crash_loop.py",
    ),
    Mutation(
        "nobody-reads-the-dead",
        "dead letters are for the operator",
        "services/gateway/consumer.py",
        "        await self._settle(message, lambda: self._bury(message))\n",
        "        await message.ack()\n",
        "tests/integration/gateway/test_consumer.py",
    ),
    Mutation(
        "retry-without-attempt",
        "the broker counts deliveries",
        "services/renderer/messaging/outcomes.py",
        "    return own | {ATTEMPT_HEADER: str(attempt)}\n",
        "    return own\n",
        "tests/unit/renderer/messaging/test_outcomes.py tests/integration/renderer/test_consumer.py",
    ),
    Mutation(
        "permanent-errors-retried",
        "it may work the second time",
        "services/renderer/messaging/outcomes.py",
        "    if not permanent and attempt < MAX_ATTEMPTS:\n",
        "    if attempt < MAX_ATTEMPTS:\n",
        "tests/unit/renderer/messaging/test_outcomes.py",
    ),
    Mutation(
        "not-persistent",
        "the queue is durable, so the message is",
        "services/common/broker.py",
        """            "persist": True,
""",
        """            "persist": False,
""",
        "tests/integration/common/test_broker.py",
    ),
    Mutation(
        "unroutable-counts-as-published",
        "no error means success",
        "services/common/broker.py",
        "        default_channel=Channel(on_return_raises=True),\n",
        "        default_channel=Channel(),\n",
        "tests/integration/common/test_broker.py",
    ),
    Mutation(
        "a-strangers-queue-stops-us",
        "a refused message is the broker's refusal",
        "services/common/broker.py",
        "            if not ours:\n",
        "            if True:\n",
        "tests/integration/common/test_broker.py",
    ),
    Mutation(
        "half-open-links-unnoticed",
        "TCP will tell",
        "services/common/broker.py",
        "HEARTBEAT_SECONDS = 5\n",
        "HEARTBEAT_SECONDS = 0\n",
        "tests/integration/common/test_half_open.py",
    ),
    Mutation(
        "file-not-synced",
        "close() writes it",
        "services/storage/disk.py",
        "            os.fsync(incoming.descriptor)\n",
        "",
        "tests/unit/storage/test_disk.py",
    ),
    Mutation(
        "name-not-synced",
        "a rename is atomic, so it is durable",
        "services/storage/disk.py",
        """            failpoint("deposit.renamed")
            os.fsync(folder)
""",
        """            failpoint("deposit.renamed")
""",
        "tests/unit/storage/test_disk.py",
    ),
    Mutation(
        "deleted-before-announced",
        "an expired file can go at once",
        "services/storage/sql/ledger.sql",
        "SELECT key FROM exports.stored_file WHERE announced_at IS NOT NULL AND deleted_at IS NULL ORDER BY expired_at "
        "LIMIT $1;\n\n-- name: still_removable\n"
        "SELECT 1 FROM exports.stored_file WHERE key = $1 AND announced_at IS NOT NULL AND deleted_at IS NULL",
        "SELECT key FROM exports.stored_file WHERE expired_at IS NOT NULL AND deleted_at IS NULL ORDER BY expired_at "
        "LIMIT $1;\n\n-- name: still_removable\n"
        "SELECT 1 FROM exports.stored_file WHERE key = $1 AND expired_at IS NOT NULL AND deleted_at IS NULL",
        "tests/integration/storage/test_expiry.py",
    ),
    Mutation(
        "deleted-before-tombstone",
        "the time is over, so nobody reads it",
        "services/storage/sql/ledger.sql",
        "SELECT *, expired_at IS NULL AND expires_at > now() AS live FROM exports.stored_file WHERE key = $1;",
        "SELECT *, deleted_at IS NULL AS live FROM exports.stored_file WHERE key = $1;",
        "tests/integration/storage/test_expiry.py tests/integration/storage/test_ledger.py",
    ),
    Mutation(
        "upload-believed",
        "201 means that the bytes are the same",
        "services/renderer/messaging/storage_client.py",
        "    if (stored.size, stored.sha256) != (size, sha256):\n",
        "    if False:\n",
        "tests/unit/renderer/messaging/test_storage_client.py",
    ),
    Mutation(
        "only-exceptions-fail",
        "every error is an Exception",
        "services/renderer/workers/child.py",
        "    except BaseException as error:  # some libraries' fatal errors are no Exception\n",
        "    except Exception as error:\n",
        "tests/component/renderer/workers/test_pool.py tests/component/renderer/workers/test_shards.py",
    ),
    Mutation(
        "workers-outlive-the-renderer",
        "children end with their parent",
        "services/renderer/workers/confinement.py",
        "    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)\n",
        "",
        "tests/component/renderer/workers/test_confinement.py",
    ),
    Mutation(
        "cancelled-work-goes-on",
        "its outcome will be dropped anyway",
        "services/renderer/messaging/consumer.py",
        """            log.info("export.cancelled", export=str(export_id))
            task.cancel()
""",
        """            log.info("export.cancelled", export=str(export_id))
""",
        "tests/integration/renderer/test_consumer.py",
    ),
    Mutation(
        "stop-takes-more-work",
        "a stopping renderer may begin what comes",
        "services/renderer/messaging/consumer.py",
        "        await stop_consuming(requests)\n",
        "",
        "tests/integration/renderer/test_consumer.py",
    ),
    Mutation(
        "database-restart-burns-an-attempt",
        "an error is an error",
        "services/renderer/messaging/attempt.py",
        "                            if asyncio.get_running_loop().time() > patience:\n",
        "                            if True:\n",
        "tests/integration/renderer/test_interruptions.py",
    ),
    Mutation(
        "snapshot-ends-loudly",
        "a rollback always works",
        "services/renderer/exam/correcta.py",
        "        with suppress(Exception):\n            await transaction.rollback()\n",
        "        await transaction.rollback()\n",
        "tests/integration/renderer/test_interruptions.py",
    ),
)
