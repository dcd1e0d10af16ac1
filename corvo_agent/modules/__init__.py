"""Module objects: model, codec, stores and watching."""

from .callbacks import ChangeCallback, ModuleChange
from .endpoints import (
    ENDPOINTS_PREFIX,
    Endpoint,
    EndpointLease,
    EndpointState,
    decode_endpoint,
    encode_endpoint,
    endpoint_key,
    find_endpoint,
)
from .json.codec import decode_module, encode_module, module_from_dict, module_to_dict
from .kv import Change, ChangeType, KeyValue, KeyValueStore, Range
from .memory import MemoryStore
from .model import LevelOverride, Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort, effective_level
from .names import MODULES_PREFIX, key_of, name_of, validate_name
from .registration import StartReport, clear_expired_override, register
from .store import ModuleList, ModuleStore
from .watcher import ModuleCallback, ModuleWatcher, WatcherStatistics
from .watching.batches import Cause, WatchBatch
from .watching.watch import Watch, WatchStatistics

__all__ = (
    "ENDPOINTS_PREFIX",
    "MODULES_PREFIX",
    "Cause",
    "Change",
    "ChangeCallback",
    "ChangeType",
    "Endpoint",
    "EndpointLease",
    "EndpointState",
    "KeyValue",
    "KeyValueStore",
    "LevelOverride",
    "MemoryStore",
    "Module",
    "ModuleCallback",
    "ModuleChange",
    "ModuleList",
    "ModuleSpec",
    "ModuleStatus",
    "ModuleStore",
    "ModuleWatcher",
    "ObjectMeta",
    "Range",
    "ServicePort",
    "StartReport",
    "Watch",
    "WatchBatch",
    "WatchStatistics",
    "WatcherStatistics",
    "clear_expired_override",
    "decode_endpoint",
    "decode_module",
    "effective_level",
    "encode_endpoint",
    "encode_module",
    "endpoint_key",
    "find_endpoint",
    "key_of",
    "module_from_dict",
    "module_to_dict",
    "name_of",
    "register",
    "validate_name",
)
