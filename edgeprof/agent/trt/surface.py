"""Everything in which TensorRT 8.5, 8.6, 10, 11 and TensorRT-RTX differ, told apart by what their classes have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional

from edgeprof.agent.trt.library import INSTALL, Library
from edgeprof.agent.trt.order import BuildOrder, capability_of
from edgeprof.core.errors import ConfigError, RuntimeUnavailable

# Where the network's own types do not decide, the builder has to be allowed each type that they hold.
_FLAGS = {"fp32": (), "fp16": ("FP16",), "bf16": ("BF16",), "int8": ("INT8",)}


@dataclass(frozen=True)
class Surface:
    library: Library
    trt: Any

    @property
    def always_typed(self) -> bool:
        """11 and RTX: the types in the graph are the types computed in, and no flag says otherwise."""
        return not hasattr(self.trt.BuilderFlag, "FP16")

    @property
    def strongly_typed(self) -> bool:
        """10 as well, when asked."""
        return self.always_typed or hasattr(self.trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED")

    @property
    def builds_ahead(self) -> bool:
        """RTX: for a card that is not in this machine."""
        return hasattr(self.trt.IBuilderConfig, "set_compute_capability")

    @property
    def keeps_timings(self) -> bool:
        """All but RTX, which times nothing while it builds: it has the calls, deprecated and without effect."""
        return hasattr(self.trt.IBuilderConfig, "create_timing_cache") and not self.builds_ahead

    @property
    def has_levels(self) -> bool:
        """8.6 and later."""
        return hasattr(self.trt.IBuilderConfig, "builder_optimization_level")

    @property
    def tells_progress(self) -> bool:
        """10 and later."""
        return hasattr(self.trt, "IProgressMonitor") and hasattr(self.trt.IBuilderConfig, "progress_monitor")

    @property
    def names_tensors(self) -> bool:
        """8.5 and later: inputs and outputs by name, where there were numbered bindings."""
        return hasattr(self.trt.IExecutionContext, "set_tensor_address")

    @property
    def names_nodes(self) -> bool:
        """Whether a parser's error knows its node's name and operator: 8.6 and later. Before, the log does."""
        return hasattr(self.trt.ParserError, "node_operator")

    @property
    def network_flags(self) -> int:
        kinds = self.trt.NetworkDefinitionCreationFlag
        flags = 0
        if hasattr(self.trt.Builder, "max_batch_size"):  # 8: a network has an implicit batch unless told
            flags |= 1 << int(kinds.EXPLICIT_BATCH)
        if self.strongly_typed and not self.always_typed:
            flags |= 1 << int(kinds.STRONGLY_TYPED)
        return flags

    def expect_able(self, order: BuildOrder) -> None:
        """Refuse what this library cannot do, instead of leaving it out."""
        if order.compute_capability and not self.builds_ahead:
            raise RuntimeUnavailable(
                f"{self.library} builds for the card in its machine, not for {order.compute_capability}",
                f"build on the device, or for an RTX card: {INSTALL}",
            )
        if order.optimization_level is not None and not self.has_levels:
            raise RuntimeUnavailable(
                f"{self.library} has no optimization levels, 8.6 is the first that does", "leave the level out"
            )
        if not self.strongly_typed:
            self._type_flags(order.precision)

    def config_of(self, builder: Any, order: BuildOrder) -> Any:
        """The builder's configuration, all but shapes, timings and progress."""
        config = builder.create_builder_config()
        # Without it the built plan does not tell in what precision its layers compute.
        config.profiling_verbosity = self.trt.ProfilingVerbosity.DETAILED
        if not self.strongly_typed:
            for flag in self._type_flags(order.precision):
                config.set_flag(flag)
        if hasattr(self.trt.BuilderFlag, "TF32"):
            (config.set_flag if order.tf32 else config.clear_flag)(self.trt.BuilderFlag.TF32)
        if order.workspace_bytes is not None:
            config.set_memory_pool_limit(self.trt.MemoryPoolType.WORKSPACE, order.workspace_bytes)
        if order.optimization_level is not None:
            config.builder_optimization_level = order.optimization_level
        if order.dla is not None:
            self._put_on_dla(config, builder, order)
        if self.builds_ahead:
            config.num_compute_capabilities = 1
            config.set_compute_capability(self._capability(order.compute_capability), 0)
        return config

    def tf32_of(self, config: Any) -> Optional[bool]:
        """Whether the configuration allows tf32, read back from it."""
        flag = getattr(self.trt.BuilderFlag, "TF32", None)
        return None if flag is None else bool(config.get_flag(flag))

    def device_bytes(self, engine: Any) -> int:
        """What a loaded plan needs on the card for its activations and scratch, at its largest shapes."""
        if hasattr(engine, "get_device_memory_size_for_profile_v2"):
            profiles = range(engine.num_optimization_profiles)
            return max(int(engine.get_device_memory_size_for_profile_v2(profile)) for profile in profiles)
        return int(getattr(engine, "device_memory_size_v2", None) or engine.device_memory_size)

    def _put_on_dla(self, config: Any, builder: Any, order: BuildOrder) -> None:
        """8.5 to 10.7 on Xavier and Orin, and again 11.4 on AGX Orin; elsewhere the builder counts no cores."""
        cores = int(getattr(builder, "num_DLA_cores", 0))
        if order.dla not in range(cores):
            counted = f"{cores} core{'s' * (cores > 1)} of a DLA" if cores else "no DLA"
            raise RuntimeUnavailable(
                f"{self.library} sees {counted} here, and core {order.dla} was asked for", "leave --dla out"
            )
        config.default_device_type = self.trt.DeviceType.DLA
        config.DLA_core = order.dla
        if order.gpu_fallback:
            config.set_flag(self.trt.BuilderFlag.GPU_FALLBACK)

    def _type_flags(self, precision: str) -> List[Any]:
        names = _FLAGS.get(precision)
        missing = [name for name in names or () if not hasattr(self.trt.BuilderFlag, name)]
        if names is None or missing:
            raise RuntimeUnavailable(
                f"{self.library} does not compute in {precision}", f"use one of {', '.join(_FLAGS)}"
            )
        return [getattr(self.trt.BuilderFlag, name) for name in names]

    def _capability(self, words: Optional[str]) -> Any:
        if words is None:  # said, or RTX builds for several generations at once and for none in particular
            return self.trt.ComputeCapability.CURRENT
        name = "SM" + capability_of(words).replace(".", "")
        known = self.trt.ComputeCapability.__members__
        if name not in known:
            offered = ", ".join(capability_of(one) for one in known if one.startswith("SM"))
            raise ConfigError(f"{self.library} does not build for compute capability {words}", f"one of {offered}")
        return known[name]
