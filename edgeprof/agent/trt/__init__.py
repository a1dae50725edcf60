"""TensorRT: from an ONNX file to a plan, the same code on a workstation and on a device."""
