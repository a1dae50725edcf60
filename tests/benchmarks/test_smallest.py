from benchmarks.smallest import smallest


def test_the_model_of_fewest_parameters_is_chosen_of_each_module():
    counts = {"resnet": {"resnet50": 25, "resnet18": 11}, "vgg": {"vgg11": 133}}

    assert smallest(counts) == {"resnet": "resnet18", "vgg": "vgg11"}


def test_of_models_of_one_size_the_first_by_name_is_chosen_whatever_their_order():
    counts = {"tiny_384": 7, "tiny_224": 7}

    assert smallest({"swin": counts}) == smallest({"swin": dict(reversed(counts.items()))}) == {"swin": "tiny_224"}


def test_a_stub_of_timms_own_tests_is_chosen_only_where_there_is_nothing_else():
    counts = {"vit": {"test_vit": 1, "vit_tiny": 6}, "new": {"test_new": 1}}

    assert smallest(counts) == {"vit": "vit_tiny", "new": "test_new"}
