"""Module objects: the model, its JSON, the stores that keep it, and watching it without losing a change.

``ModuleStore`` reads and writes Modules in any ``KeyValueStore`` (``EtcdStore`` in production, ``MemoryStore`` in
tests).
``ModuleWatcher`` follows one Module: snapshot, then every change, again after a lost connection or a compaction.
``EndpointLease`` announces where an agent answers, ``find_endpoint`` finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .access import EVERY_MODULE, ModuleAccess, ModuleEvent, Selector
    from .announcing.endpoint import (
        AppliedLevel,
        Endpoint,
        decode_endpoint,
        encode_endpoint,
        endpoint_key,
        find_endpoint,
    )
    from .announcing.lease import EndpointLease, EndpointState
    from .callbacks import ChangeCallback, ModuleChange
    from .controls.codec import control_key, decode_control, encode_control
    from .controls.control import Control
    from .controls.rule import effective_level, effective_state
    from .controls.store import ControlStore
    from .deferred import DeferredStore
    from .etcd.options import EtcdOptions
    from .etcd.store import EtcdStatistics, EtcdStore
    from .json.codec import decode_module, encode_module, module_from_dict, module_to_dict, read_module
    from .kv import Change, ChangeType, ClockDifference, KeyValue, KeyValueStore, Range
    from .location import agent_address
    from .memory import MemoryStore
    from .model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
    from .module_level import ModuleLevel
    from .names import BESIDE_PREFIX, MAX_NAME_LENGTH, MODULES_PREFIX, key_of, name_of, self_link_of, validate_name
    from .registration import StartReport, register
    from .selectors.list_options import ListOptions, parse_options
    from .selectors.selection import Selection
    from .store import ModuleList, ModuleStore
    from .watcher import ModuleCallback, ModuleWatcher, WatcherStatistics
    from .watching.batches import Cause, WatchBatch
    from .watching.statistics import WatchStatistics
    from .watching.watch import Watch
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "access": ("EVERY_MODULE", "ModuleAccess", "ModuleEvent", "Selector"),
            "announcing.endpoint": (
                "AppliedLevel",
                "Endpoint",
                "decode_endpoint",
                "encode_endpoint",
                "endpoint_key",
                "find_endpoint",
            ),
            "announcing.lease": ("EndpointLease", "EndpointState"),
            "callbacks": ("ChangeCallback", "ModuleChange"),
            "controls.codec": ("control_key", "decode_control", "encode_control"),
            "controls.control": ("Control",),
            "controls.rule": ("effective_level", "effective_state"),
            "controls.store": ("ControlStore",),
            "deferred": ("DeferredStore",),
            "etcd.options": ("EtcdOptions",),
            "etcd.store": ("EtcdStatistics", "EtcdStore"),
            "json.codec": ("decode_module", "encode_module", "module_from_dict", "module_to_dict", "read_module"),
            "kv": ("Change", "ChangeType", "ClockDifference", "KeyValue", "KeyValueStore", "Range"),
            "location": ("agent_address",),
            "memory": ("MemoryStore",),
            "model": ("Module", "ModuleSpec", "ModuleStatus", "ObjectMeta", "ServicePort"),
            "module_level": ("ModuleLevel",),
            "names": (
                "BESIDE_PREFIX",
                "MAX_NAME_LENGTH",
                "MODULES_PREFIX",
                "key_of",
                "name_of",
                "self_link_of",
                "validate_name",
            ),
            "registration": ("StartReport", "register"),
            "selectors.list_options": ("ListOptions", "parse_options"),
            "selectors.selection": ("Selection",),
            "store": ("ModuleList", "ModuleStore"),
            "watcher": ("ModuleCallback", "ModuleWatcher", "WatcherStatistics"),
            "watching.batches": ("Cause", "WatchBatch"),
            "watching.statistics": ("WatchStatistics",),
            "watching.watch": ("Watch",),
        },
    )

__all__ = (
    "BESIDE_PREFIX",
    "EVERY_MODULE",
    "MAX_NAME_LENGTH",
    "MODULES_PREFIX",
    "AppliedLevel",
    "Cause",
    "Change",
    "ChangeCallback",
    "ChangeType",
    "ClockDifference",
    "Control",
    "ControlStore",
    "DeferredStore",
    "Endpoint",
    "EndpointLease",
    "EndpointState",
    "EtcdOptions",
    "EtcdStatistics",
    "EtcdStore",
    "KeyValue",
    "KeyValueStore",
    "ListOptions",
    "MemoryStore",
    "Module",
    "ModuleAccess",
    "ModuleCallback",
    "ModuleChange",
    "ModuleEvent",
    "ModuleLevel",
    "ModuleList",
    "ModuleSpec",
    "ModuleStatus",
    "ModuleStore",
    "ModuleWatcher",
    "ObjectMeta",
    "Range",
    "Selection",
    "Selector",
    "ServicePort",
    "StartReport",
    "Watch",
    "WatchBatch",
    "WatchStatistics",
    "WatcherStatistics",
    "agent_address",
    "control_key",
    "decode_control",
    "decode_endpoint",
    "decode_module",
    "effective_level",
    "effective_state",
    "encode_control",
    "encode_endpoint",
    "encode_module",
    "endpoint_key",
    "find_endpoint",
    "key_of",
    "module_from_dict",
    "module_to_dict",
    "name_of",
    "parse_options",
    "read_module",
    "register",
    "self_link_of",
    "validate_name",
)
