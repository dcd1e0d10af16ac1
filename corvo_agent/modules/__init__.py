"""Module objects: model, codec, stores and watching."""

from .batches import Cause, WatchBatch
from .callbacks import ChangeCallback, ModuleChange
from .codec import decode_module, encode_module, module_from_dict, module_to_dict
from .kv import Change, ChangeType, KeyValue, KeyValueStore, Range
from .memory import MemoryStore
from .model import LevelOverride, Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort, effective_level
from .names import MODULES_PREFIX, key_of, name_of, validate_name
from .store import ModuleList, ModuleStore
from .watch import Watch, WatchStatistics
from .watcher import ModuleCallback, ModuleWatcher, WatcherStatistics

__all__ = (
    "MODULES_PREFIX",
    "Cause",
    "Change",
    "ChangeCallback",
    "ChangeType",
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
    "Watch",
    "WatchBatch",
    "WatchStatistics",
    "WatcherStatistics",
    "decode_module",
    "effective_level",
    "encode_module",
    "key_of",
    "module_from_dict",
    "module_to_dict",
    "name_of",
    "validate_name",
)
